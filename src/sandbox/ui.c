/* ui.c - the page at /_sandbox/ui. Threads: pure. */
#include "sandbox/state.h"

const char sb_ui_page[] = "<!doctype html><title>Fairlead sandbox</title>";
