/* snapshots.h - where a store keeps its configuration snapshots. Private to store/;
 * what others call stands in configs.h. Threads: any. */
#ifndef STORE_SNAPSHOTS_H
#define STORE_SNAPSHOTS_H

struct store;
struct snapshot_book;

struct snapshot_book *snapshot_book_new(void);
void snapshot_book_free(struct snapshot_book *book);

/* The book that belongs to a store. */
struct snapshot_book *store_snapshots(struct store *store);

#endif
