// Close's API, a page to read: every call that the client has is made with the client. A lead
// is a company; people are contacts in it, and so are opportunities, tasks and activities.
// Ids have prefixes (lead_, cont_, oppo_, ...), paths end in "/", PUT changes what it names,
// money is in cents. Nothing is unique and there is no upsert: search first.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import Closeio from 'close.io';
import { Sandbox } from './harness.mjs';

const ACCOUNT = '/accounts/close/default';
let sandbox, key, close;
const settings = (body) => sandbox.control(ACCOUNT + '/settings', body, 'PATCH');
const later = (step_ms) => sandbox.control('/clock', { step_ms });

// The client's address is fixed: its one function that sends is where to point it elsewhere.
class ToSandbox extends Closeio {
  _request(options) {
    return super._request({ ...options,
      uri: options.uri.replace('https://api.close.com', sandbox.url + '/close') });
  }
}

// What the client has no function for.
async function call(method, path, body, headers = {}) {
  const answer = await fetch(`${sandbox.url}/close/api/v1${path}`, {
    method, headers: { Authorization: `Basic ${btoa(key + ':')}`,
      'Content-Type': 'application/json', ...headers },
    body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text,
    json: text ? JSON.parse(text) : null };
}

// The client gives the refusal's body, or the status when there is none.
const refused = async (promise, body) => assert.rejects(Promise.resolve(promise), (error) => {
  assert.deepEqual(error, body);
  return true;
});
const wrong = (fields) => ({ errors: [], 'field-errors': fields });
const ann = { name: 'Ann Lee', title: 'CTO', emails: [{ email: 'ann@acme.example', type: 'office' }],
  phones: [{ phone: '(415) 555-0100', type: 'mobile' }] };
const addLead = (more = {}) => close.lead.create({ name: 'Acme', contacts: [ann], ...more });

before(async () => {
  sandbox = await Sandbox.start();
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  key = (await sandbox.control(ACCOUNT)).credentials.api_key;
  close = new ToSandbox(key);
  await settings({ search_lag_ms: 0, switches: { delete_lag_ms: 0 } });
});

describe('who is asking', () => {
  test('is known by an API key: the user name of basic authentication', async () => {
    const me = await close.user.me();
    assert.match(me.id, /^user_/);
    assert.equal(me.organizations.length, 1);
    assert.match(me.organizations[0].id, /^orga_/);
    assert.equal((await close.user.read(me.id)).email, me.email);
    assert.equal((await close.organization.read(me.organizations[0].id)).currency, 'USD');
    await refused(new ToSandbox('api_wrong').user.me(), { error: 'Unauthorized' });
  });
});

describe('a lead', () => {
  test('is created with its contacts, read, updated and deleted', async () => {
    const lead = await addLead({ url: 'https://acme.example', addresses: [{ city: 'Oakland' }] });
    assert.match(lead.id, /^lead_[A-Za-z0-9]{43}$/);
    assert.equal(lead.status_label, 'Potential');
    assert.equal(lead.html_url, `https://app.close.com/lead/${lead.id}/`);
    assert.match(lead.date_created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
    const [contact] = lead.contacts;
    assert.equal(contact.lead_id, lead.id);
    assert.deepEqual(contact.emails,
      [{ email: 'ann@acme.example', type: 'office', is_unsubscribed: false }]);
    assert.deepEqual(contact.phones, [{ phone: '+14155550100', phone_formatted: '+1 415-555-0100',
      country: 'US', type: 'mobile' }]);
    const now = await close.lead.update(lead.id, { name: 'Acme Ltd' });
    assert.equal(now.name, 'Acme Ltd');
    assert.equal(now.url, 'https://acme.example');
    assert.equal(now.contacts.length, 1);
    await close.lead.delete(lead.id);
    await refused(close.lead.read(lead.id), { error: 'Not Found' });
    await refused(close.contact.read(contact.id), { error: 'Not Found' });
  });

  test('needs nothing, keeps no unknown key, and may be there twice', async () => {
    const lead = await close.lead.create({ colour: 'red' });
    assert.equal(lead.display_name, 'Untitled');
    assert.ok(!('colour' in lead));
    await addLead();
    await addLead();
    assert.equal((await close.lead.search({ name: 'Acme' })).data.length, 2);
  });

  test('with a wrong address is refused, in the place where it stands', async () => {
    const one = (fields) => ({ errors: { 0: wrong(fields) } });
    await refused(close.lead.create({ contacts: [{ emails: [{ email: '' }] }] }), wrong({ contacts:
      one({ emails: one({ email: 'This field is required.' }) }) }));
    await refused(close.lead.create({ name: 7 }), wrong({ name: 'Value must be a string.' }));
    await refused(close.lead.create({ contacts: [{ phones: [{ phone: 'none' }] }] }), wrong({
      contacts: one({ phones: one({ phone: 'Value must be a valid phone number.' }) }) }));
    assert.deepEqual((await close.lead.search({})).data, []);
  });

  test('changes its status by id or by label, which leaves a note', async () => {
    const lead = await addLead();
    const qualified = (await close.status.lead.list()).data.find((s) => s.label === 'Qualified');
    const now = await close.lead.update(lead.id, { status_id: qualified.id });
    assert.equal(now.status_label, 'Qualified');
    await close.lead.update(lead.id, { status: 'Bad Fit' });
    await refused(close.lead.update(lead.id, { status: 'Bad Fit', status_id: qualified.id }),
      wrong({ status: 'Only one of status and status_id can be given.' }));
    const notes = await close.activity.search({ lead_id: lead.id, _type__in: 'LeadStatusChange' });
    assert.deepEqual(notes.data.map((n) => [n.old_status_label, n.new_status_label]).sort(),
      [['Potential', 'Qualified'], ['Qualified', 'Bad Fit']]);
  });

  test('is merged into another, with all that it contains', async () => {
    const source = await addLead({ url: 'https://old.example' });
    await close.activity.note.create({ lead_id: source.id, note: 'Called' });
    const destination = await close.lead.create({ name: 'Acme Inc' });
    await close.lead.merge({ source: source.id, destination: destination.id });
    await refused(close.lead.read(source.id), { error: 'Not Found' });
    const now = await close.lead.read(destination.id);
    assert.equal(now.name, 'Acme Inc');
    assert.equal(now.url, 'https://old.example');
    assert.deepEqual(now.contacts.map((c) => c.name), ['Ann Lee']);
    assert.equal((await close.activity.note.search({ lead_id: now.id })).data.length, 1);
  });

  test('is listed in pages: has_more, 200 at most, and no further than 35,000', async () => {
    for (let i = 0; i < 3; i++) await close.lead.create({ name: `Acme ${i}` });
    const first = await close.lead.search({ limit: 2, fields: 'id,name' });
    assert.equal(first.has_more, true);
    assert.deepEqual(Object.keys(first.data[0]).sort(), ['id', 'name']);
    assert.equal((await close.lead.search({ limit: 2, skip: 2 })).has_more, false);
    await refused(close.lead.search({ limit: 201 }), wrong(
      { _limit: 'Input should be less than or equal to 200' }));
    await refused(close.lead.search({ skip: 35001 }), wrong(
      { _skip: 'Input should be less than or equal to 35000' }));
  });

  test('may be missed by who pages while others write: lists are in the order of changes', async () => {
    const leads = [];
    for (const name of ['a', 'b', 'c']) {
      leads.push(await close.lead.create({ name }));
      await later(1000);
    }
    const first = (await close.lead.search({ limit: 1 })).data[0];
    assert.equal(first.name, 'c');
    await later(1000);
    await close.lead.update(leads[0].id, { name: 'a2' });
    assert.equal((await close.lead.search({ limit: 1, skip: 1 })).data[0].id, first.id);
  });

  test('that was deleted can be read for a moment still', async () => {
    await settings({ switches: { delete_lag_ms: 2000 } });
    const lead = await addLead();
    await close.lead.delete(lead.id);
    assert.equal((await close.lead.read(lead.id)).id, lead.id);
    await later(2001);
    await refused(close.lead.read(lead.id), { error: 'Not Found' });
  });
});

describe('a search by words', () => {
  const names = async (query) => (await close.lead.search({ query })).data.map((l) => l.name).sort();
  beforeEach(async () => {
    await addLead();
    await later(1000);
    await close.lead.create({ name: 'Bolt Works', status: 'Qualified',
      contacts: [{ name: 'Bo Park', emails: [{ email: 'bo@bolt.example' }] }] });
  });

  test('finds by address, number, name, contact, status and id', async () => {
    assert.deepEqual(await names('email_address:"ann@acme.example"'), ['Acme']);
    assert.deepEqual(await names('email:ANN@acme.example'), ['Acme']);
    assert.deepEqual(await names('phone:"415 555 0100"'), ['Acme']);
    assert.deepEqual(await names('name:"bolt works"'), ['Bolt Works']);
    assert.deepEqual(await names('name:bol'), []);
    assert.deepEqual(await names('contact_name:park'), ['Bolt Works']);
    assert.deepEqual(await names('status:qualified'), ['Bolt Works']);
    assert.deepEqual(await names('ann'), ['Acme']);
  });

  test('joins words by and, or, not and brackets', async () => {
    assert.deepEqual(await names('name:acme status:qualified'), []);
    assert.deepEqual(await names('name:acme or status:qualified'), ['Acme', 'Bolt Works']);
    assert.deepEqual(await names('not name:acme'), ['Bolt Works']);
    assert.deepEqual(await names('(name:acme or name:bolt) -status:Potential'), ['Bolt Works']);
  });

  test('takes the names of its keys from the client, and sorts', async () => {
    assert.deepEqual((await close.lead.search({ name: 'Bolt', status: 'Qualified' })).data
      .map((l) => l.name), ['Bolt Works']);
    const sorted = async (key) => (await close.lead.search({ query: `sort:${key}` })).data
      .map((l) => l.name);
    assert.deepEqual(await sorted('name'), ['Acme', 'Bolt Works']);
    assert.deepEqual(await sorted('-created'), ['Bolt Works', 'Acme']);
  });

  test('sees what was written only after a while', async () => {
    await settings({ search_lag_ms: 5000 });
    await later(5001);
    await close.lead.create({ name: 'New', contacts: [{ emails: [{ email: 'n@new.example' }] }] });
    assert.deepEqual(await names('email:n@new.example'), []);
    await later(5001);
    assert.deepEqual(await names('email:n@new.example'), ['New']);
  });

  test('by a key that is not imitated says so', async () => {
    await assert.rejects(Promise.resolve(close.lead.search({ query: 'last_emailed:today' })),
      { error: 'not_imitated' });
  });
});

describe('a contact', () => {
  test('is created, read, updated and deleted; its lists are replaced whole', async () => {
    const lead = await close.lead.create({ name: 'Acme' });
    const contact = await close.contact.create({ lead_id: lead.id, ...ann });
    assert.match(contact.id, /^cont_/);
    const now = await close.contact.update(contact.id, { emails: [{ email: 'a@b.example' }] });
    assert.deepEqual(now.emails.map((e) => [e.email, e.type]), [['a@b.example', 'office']]);
    assert.equal(now.phones.length, 1);
    assert.equal((await close.contact.read(contact.id)).name, 'Ann Lee');
    assert.equal((await close.contact.search()).data.length, 1);
    await close.contact.delete(contact.id);
    assert.deepEqual((await close.lead.read(lead.id)).contacts, []);
  });

  test('without a lead silently gets one, named after it', async () => {
    const contact = await close.contact.create({ name: 'Ann Lee' });
    assert.equal((await close.lead.read(contact.lead_id)).name, 'Ann Lee');
  });

  test('in a PUT of its lead is passed over', async () => {
    const lead = await addLead();
    const now = await close.lead.update(lead.id, { contacts: [] });
    assert.equal(now.contacts.length, 1);
  });
});

describe('custom fields', () => {
  const add = async (body, of = 'lead') => {
    const made = await call('POST', `/custom_field/${of}/`, body);
    assert.equal(made.status, 200, made.text);
    return 'custom.' + made.json.id;
  };

  test('are written by id; those without a value are absent; null clears', async () => {
    const source = await add({ name: 'Source', type: 'text' });
    assert.match(source, /^custom\.cf_[A-Za-z0-9]{43}$/);
    const lead = await addLead({ [source]: 'Web form' });
    assert.equal(lead[source], 'Web form');
    assert.ok(!(source in (await close.lead.update(lead.id, { [source]: null }))));
    const [found] = (await close.lead.search({ fields: 'custom' })).data;
    assert.deepEqual(found, {});
  });

  test('have types that are checked', async () => {
    const tier = await add({ name: 'Tier', type: 'choices', choices: ['Gold', 'Silver'] });
    const score = await add({ name: 'Score', type: 'number' });
    const owner = await add({ name: 'Owner', type: 'user' });
    const day = await add({ name: 'Day', type: 'date' });
    const me = await close.user.me();
    const lead = await addLead({ [tier]: 'Gold', [score]: 4.5, [owner]: me.id,
      [day]: '2026-03-01' });
    assert.deepEqual([lead[tier], lead[score], lead[owner], lead[day]],
      ['Gold', 4.5, me.id, '2026-03-01']);
    await refused(addLead({ [tier]: 'Tin', [score]: 'four', [owner]: 'user_x', [day]: 'soon' }),
      wrong({ [tier]: 'Value must be one of: Gold, Silver.',
        [score]: 'Value must be a number.',
        [owner]: 'Value must be the id of an existing user.',
        [day]: 'Value must be a date (YYYY-MM-DD).' }));
    await refused(addLead({ 'custom.cf_nope': 1 }),
      wrong({ 'custom.cf_nope': 'The Custom Field "cf_nope" does not exist.' }));
  });

  test('of several values are replaced whole, or changed by .add and .remove', async () => {
    const days = await add({ name: 'Days', type: 'choices', choices: ['Mo', 'Tu', 'We'],
      accepts_multiple_values: true });
    const lead = await addLead({ [days]: ['Mo', 'Tu'] });
    await close.lead.update(lead.id, { [days + '.add']: 'We' });
    const now = await close.lead.update(lead.id, { [days + '.remove']: 'Mo' });
    assert.deepEqual(now[days], ['Tu', 'We']);
  });

  test('are found by name in the old syntax', async () => {
    const initials = await add({ name: 'Lead initials', type: 'text' });
    const lead = await addLead({ custom: { 'Lead initials': 'JW' } });
    assert.equal(lead[initials], 'JW');
    const found = await close.lead.search({ 'custom.Lead initials': 'JW' });
    assert.deepEqual(found.data.map((l) => l.id), [lead.id]);
  });
});

describe('an opportunity', () => {
  test('has a value in cents, a status with a type, and an owner', async () => {
    const lead = await addLead();
    const me = await close.user.me();
    const made = await close.opportunity.create({ lead_id: lead.id, value: 500000,
      contact_id: lead.contacts[0].id, confidence: 40 });
    assert.equal(made.value_formatted, '$5000.00');
    assert.equal(made.expected_value, 200000);
    assert.equal(made.user_id, me.id);
    assert.equal(made.status_type, 'active');
    assert.equal(made.contact_name, 'Ann Lee');
    assert.equal(made.pipeline_name, 'Sales');
    const won = (await close.status.opportunity.list()).data.find((s) => s.type === 'won');
    const now = await close.opportunity.update(made.id, { status_id: won.id });
    assert.match(now.date_won, /^\d{4}-\d\d-\d\d$/);
    assert.equal((await close.lead.read(lead.id)).opportunities[0].status_label, 'Won');
    assert.equal((await close.opportunity.search({ status_type__in: 'won,lost' })).data.length, 1);
    assert.equal((await close.opportunity.search({ status_type: 'active' })).data.length, 0);
    await refused(close.opportunity.create({ lead_id: lead.id, value: 12.5 }),
      wrong({ value: 'Value must be an integer.' }));
    await close.opportunity.delete(made.id);
    await refused(close.opportunity.read(made.id), { error: 'Not Found' });
  });

  test('without a lead gets one without a title', async () => {
    const made = await close.opportunity.create({ value: 100 });
    assert.equal((await close.lead.read(made.lead_id)).display_name, 'Untitled');
  });
});

describe('what is done with a lead', () => {
  let lead;
  beforeEach(async () => { lead = await addLead(); });

  test('a task is for somebody, on a day, until it is complete', async () => {
    const task = await close.task.create({ _type: 'lead', lead_id: lead.id, text: 'Call back',
      date: '2026-03-01' });
    assert.equal(task.assigned_to, (await close.user.me()).id);
    assert.equal(task.is_complete, false);
    const now = await close.task.update(task.id, { is_complete: true });
    assert.equal(now.is_complete, true);
    assert.equal((await close.task.search({ lead_id: lead.id, is_complete: false })).data.length, 0);
    assert.equal((await close.task.read(task.id)).text, 'Call back');
    await refused(close.task.create({ _type: 'email', lead_id: lead.id }),
      wrong({ _type: 'Value must be one of: lead, outgoing_call.' }));
    await refused(close.task.create({ text: 'x' }), wrong({ lead_id: 'This field is required.' }));
    await close.task.delete(task.id);
  });

  test('a note is text and HTML', async () => {
    const note = await close.activity.note.create({ lead_id: lead.id, note: 'a < b' });
    assert.equal(note._type, 'Note');
    assert.equal(note.note_html, '<body><p>a &lt; b</p></body>');
    const now = await close.activity.note.update(note.id,
      { note_html: '<body><p>Hello <b>Ann</b></p></body>' });
    assert.equal(now.note, 'Hello Ann');
    assert.equal((await close.activity.note.search({ lead_id: lead.id })).data.length, 1);
    await refused(close.activity.note.create({ note: 'x' }),
      wrong({ lead_id: 'This field is required.' }));
    await close.activity.note.delete(note.id);
    assert.equal((await close.activity.note.search({})).data.length, 0);
  });

  test('an e-mail has a status, a call has a default one', async () => {
    const email = await close.activity.email.create({ lead_id: lead.id, status: 'sent',
      subject: 'Hello', to: ['ann@acme.example'], body_text: 'Hi' });
    assert.equal(email.subject, 'Hello');
    assert.equal((await close.activity.email.update(email.id, { subject: 'Hi' })).subject, 'Hi');
    await refused(close.activity.email.create({ lead_id: lead.id }),
      wrong({ status: 'This field is required.' }));
    const made = await call('POST', '/activity/call/', { lead_id: lead.id, duration: 61,
      phone: '+14155550100' });
    assert.deepEqual([made.json.status, made.json.direction], ['completed', 'outbound']);
    assert.equal((await close.activity.call.search({ lead_id: lead.id })).data.length, 1);
    assert.deepEqual((await close.activity.search({ lead_id: lead.id, _type__in: 'Call,Email' }))
      .data.map((a) => a._type).sort(), ['Call', 'Email']);
    await refused(close.activity.search({ _type: 'Call' }),
      wrong({ _type: 'This filter can only be used with lead_id.' }));
    await close.activity.call.delete(made.json.id);
    await close.activity.email.delete(email.id);
  });
});

describe('statuses', () => {
  for (const of of ['lead', 'opportunity'])
    test(`of ${of === 'lead' ? 'leads' : 'opportunities'} are created, read, renamed and deleted`, async () => {
      const made = await close.status[of].create({ label: 'Waiting' });
      assert.match(made.id, /^stat_/);
      assert.equal((await close.status[of].read(made.id)).label, 'Waiting');
      assert.equal((await close.status[of].update(made.id, { label: 'Idle' })).label, 'Idle');
      await refused(close.status[of].create({ label: 'Idle' }),
        wrong({ label: 'A status with this label exists already.' }));
      await close.status[of].delete(made.id);
      await refused(close.status[of].read(made.id), { error: 'Not Found' });
    });
});

describe('the event log', () => {
  test('tells what was created, updated, deleted and merged, latest first', async () => {
    const lead = await addLead();
    await later(60000);
    await close.lead.update(lead.id, { name: 'Acme Ltd' });
    await close.lead.delete(lead.id);
    const log = await close.event.search({ lead_id: lead.id, object_type: 'lead' });
    assert.deepEqual(log.data.map((e) => e.action), ['deleted', 'updated', 'created']);
    const [, updated] = log.data;
    assert.deepEqual(updated.changed_fields, ['name', 'date_updated']);
    assert.equal(updated.previous_data.name, 'Acme');
    assert.equal(updated.data.name, 'Acme Ltd');
    assert.match(updated.date_updated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    assert.equal(updated.meta.request_method, 'PUT');
    assert.match(updated.api_key_id, /^api_/);
    assert.equal((await close.event.read(updated.id)).id, updated.id);
    const other = await close.lead.create({});
    const winner = await close.lead.create({});
    await close.lead.merge({ source: other.id, destination: winner.id });
    const [merged] = (await close.event.search({ object_type: 'lead', action: 'merged' })).data;
    assert.equal(merged.meta.merge_destination_lead_id, winner.id);
  });

  test('puts changes that follow each other closely into one, which moves', async () => {
    const lead = await addLead();
    await later(60000);
    await close.lead.update(lead.id, { name: 'Acme 2' });
    const read = async () => (await close.event.search(
      { object_type: 'lead', action: 'updated' })).data;
    const [first] = await read();
    await later(2000);
    await close.lead.update(lead.id, { url: 'https://acme.example' });
    const [now, ...more] = await read();
    assert.deepEqual(more, []);
    assert.equal(now.id, first.id);
    assert.notEqual(now.date_updated, first.date_updated);
    assert.deepEqual(now.changed_fields.sort(), ['date_updated', 'name', 'url']);
    await later(60000);
    await close.lead.update(lead.id, { name: 'Acme 3' });
    assert.equal((await read()).length, 2);
  });

  test('comes in pages of 50 at most, by cursor, and takes only some filters', async () => {
    for (let i = 0; i < 55; i++) {
      await close.lead.create({ name: `Acme ${i}` });
      if (i % 10 === 0) await later(6000); // no more than 20 a second
    }
    const filter = { object_type: 'lead', action: 'created' };
    const first = await close.event.search({ ...filter, _limit: 500 });
    assert.equal(first.data.length, 50);
    assert.equal(first.cursor_previous, null);
    const second = await close.event.search({ ...filter, _cursor: first.cursor_next });
    assert.equal(second.data.length, 5);
    assert.equal(second.cursor_next, null);
    const back = await close.event.search({ ...filter, _cursor: second.cursor_previous });
    assert.deepEqual(back.data.map((e) => e.id), first.data.map((e) => e.id));
    await refused(close.event.search({ action: 'created' }),
      { error: 'This combination of filters is not supported.' });
  });
});

describe('a webhook', () => {
  let server, url, posts, status;
  before(async () => {
    server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => { body += bytes; });
      request.on('end', () => {
        posts.push({ headers: request.headers, body, json: JSON.parse(body) });
        response.writeHead(status);
        response.end();
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${server.address().port}/close`;
  });
  beforeEach(() => { posts = []; status = 200; });
  after(() => { server.close(); server.closeAllConnections(); });

  const subscribe = (...events) => call('POST', '/webhook/', { url,
    events: events.map((e) => ({ object_type: e.split(' ')[0], action: e.split(' ')[1] })) });
  const arrived = (count) => sandbox.passing(() => posts.length >= count, `${count} posts`);
  // The key is the 32 bytes that its hex digits stand for; nothing stands between the parts.
  const signature = (post, hex) => crypto.createHmac('sha256', Buffer.from(hex, 'hex'))
    .update(post.headers['close-sig-timestamp'] + post.body).digest('hex');

  test('is signed with a key that is told once', async () => {
    const made = await subscribe('lead created', 'contact created');
    assert.equal(made.status, 201);
    assert.equal(made.json.status, 'active');
    assert.match(made.json.signature_key, /^[0-9a-f]{64}$/);
    const known = await call('GET', `/webhook/${made.json.id}/`);
    assert.ok(!('signature_key' in known.json));
    const lead = await addLead();
    await arrived(2);
    for (const post of posts) {
      assert.equal(post.headers['close-sig-hash'], signature(post, made.json.signature_key));
      assert.equal(post.json.subscription_id, made.json.id);
      assert.match(post.headers['close-sig-timestamp'], /^\d{10}$/);
    }
    const { event } = posts.find((post) => post.json.event.object_type === 'lead').json;
    assert.equal(event.object_id, lead.id);
    assert.equal(event.data.name, 'Acme');
    assert.deepEqual(event, (await close.event.read(event.id)));
  });

  test('tells updates late, and as one', async () => {
    await subscribe('lead updated');
    const lead = await addLead();
    await later(60000);
    await close.lead.update(lead.id, { name: 'Acme 2' });
    await close.lead.update(lead.id, { url: 'https://acme.example' });
    assert.equal(posts.length, 0);
    await arrived(1);
    assert.deepEqual(posts[0].json.event.changed_fields.sort(), ['date_updated', 'name', 'url']);
    await later(60000);
    assert.equal(posts.length, 1);
  });

  test('tells deletions and merges, and what there was', async () => {
    await subscribe('lead merged', 'contact deleted');
    const lead = await addLead();
    const other = await close.lead.create({ name: 'Acme Inc' });
    await later(60000);
    await close.contact.delete(lead.contacts[0].id);
    await close.lead.merge({ source: lead.id, destination: other.id });
    await arrived(2);
    const event = (type) => posts.find((p) => p.json.event.object_type === type).json.event;
    assert.equal(event('contact').previous_data.name, 'Ann Lee');
    assert.deepEqual(event('contact').data, {});
    assert.equal(event('lead').object_id, lead.id);
    assert.equal(event('lead').meta.merge_destination_lead_id, other.id);
  });

  test('is sent again until it is taken, each time signed anew', async () => {
    const made = await subscribe('lead created');
    status = 500;
    await addLead();
    await arrived(1);
    status = 200;
    await sandbox.passing(() => posts.length >= 2, 'the retry', 60000);
    assert.equal(posts[0].body, posts[1].body);
    assert.notEqual(posts[0].headers['close-sig-timestamp'],
      posts[1].headers['close-sig-timestamp']);
    assert.equal(posts[1].headers['close-sig-hash'],
      signature(posts[1], made.json.signature_key));
  });

  test('is paused after three days of failures, until it is activated', async () => {
    const { json: { id } } = await subscribe('lead created');
    const state = async () => (await call('GET', `/webhook/${id}/`)).json.status;
    status = 500;
    await addLead();
    await arrived(1);
    await later(72 * 3600 * 1000);
    await sandbox.passing(async () => await state() === 'paused', 'the pause', 1200000);
    const before = posts.length;
    await addLead();
    await later(1000);
    assert.equal(posts.length, before);
    assert.equal((await call('PUT', `/webhook/${id}/`, { status: 'active' })).json.status, 'active');
    status = 200;
    await addLead();
    await arrived(before + 1);
  });
});

// The client cannot export: asked for plainly. The file is packed, and unpacked by whoever
// fetches it as HTTP has it.
describe('an export', () => {
  const file = async (more) => {
    const made = await call('POST', '/export/lead/', { format: 'json', type: 'leads',
      s_query: { query: { type: 'match_all' } }, send_done_email: false, ...more });
    assert.equal(made.json.download_url, null);
    let done;
    await sandbox.passing(async () => {
      done = (await call('GET', `/export/${made.json.id}/`)).json;
      return done.status === 'done';
    }, 'the export');
    const answer = await fetch(done.download_url); // no credentials: the address is the secret
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    return { type: answer.headers.get('content-type'), text: await answer.text() };
  };

  test('in JSON has all that a lead contains', async () => {
    const lead = await addLead();
    await close.activity.note.create({ lead_id: lead.id, note: 'Called' });
    const plain = await file();
    assert.equal(plain.type, 'application/json');
    const [row] = JSON.parse(plain.text);
    assert.deepEqual(row, await close.lead.read(lead.id));
    const [with_notes] = JSON.parse((await file({ include_activities: true })).text);
    assert.equal(with_notes.activities[0].note, 'Called');
  });

  test('in CSV has a row for each lead, contact or opportunity', async () => {
    const lead = await addLead({ name: 'Acme, "Inc"' });
    await close.opportunity.create({ lead_id: lead.id, value: 5000 });
    const rows = async (more) => (await file({ format: 'csv', ...more })).text.trim().split('\r\n');
    const leads = await rows({ date_format: 'iso8601' });
    assert.equal(leads.length, 2);
    assert.match(leads[0], /"display_name"/);
    assert.match(leads[1], /"Acme, ""Inc"""/);
    assert.match(leads[1], /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"/);
    assert.match((await rows())[1], /"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00"/);
    assert.match((await rows({ type: 'contacts' }))[1], /"ann@acme.example"/);
    assert.match((await rows({ type: 'lead_opps' }))[1], /"5000"/);
  });

  test('has what its search finds', async () => {
    await addLead();
    await close.lead.create({ name: 'Bolt' });
    const found = JSON.parse((await file({ s_query: { query: { type: 'field_condition',
      field: { type: 'regular_field', object_type: 'lead', field_name: 'name' },
      condition: { type: 'text', mode: 'exact_value', value: 'bolt' } } } })).text);
    assert.deepEqual(found.map((lead) => lead.name), ['Bolt']);
  });
});

describe('limits', () => {
  test('are said in RateLimit; past them 429 says how long to wait', async () => {
    await settings({ limits: { 'lead.read': 2 } });
    const first = await call('GET', '/lead/');
    assert.match(first.headers.get('ratelimit'), /^limit=2, remaining=1, reset=\d\.\d+$/);
    await close.lead.search({});
    await assert.rejects(Promise.resolve(close.lead.search({})), (body) => 'error' in body);
    const answer = await call('GET', '/lead/');
    assert.equal(answer.status, 429);
    const reset = Number(/reset=([\d.]+)/.exec(answer.headers.get('ratelimit'))[1]);
    assert.equal(Number(answer.headers.get('retry-after')), Math.ceil(reset));
    await later(reset * 1000);
    assert.deepEqual((await close.lead.search({})).data, []);
  });

  test('belong to a path and a method: others go on', async () => {
    await settings({ limits: { 'lead.read': 1 } });
    await close.lead.search({});
    await close.lead.create({});
    await close.task.search({});
  });
});

describe('what is not imitated', () => {
  test('says so: templates, saved searches, sequences, reports', async () => {
    for (const ask of [() => close.email_template.search(), () => close.saved_search.search(),
      () => close.sequence.search(), () => close.report.read('orga_1')])
      await assert.rejects(Promise.resolve(ask()), { error: 'not_imitated' });
  });
});
