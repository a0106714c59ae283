// Zoho CRM's API v8, judged by Zoho's own Node SDK. The SDK keeps one signed-in user for the
// whole process and field lists in a folder, so every test signs in anew in a folder of its
// own.
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zoho from '@zohocrm/nodejs-sdk-8.0';
import { Sandbox } from './harness.mjs';

const ACCOUNT = '/accounts/zoho/default';
const { Record, Coql, Fields, Notes, Notifications, Modules } = zoho;
let sandbox, folder, store, environment;

before(async () => {
  sandbox = await Sandbox.start();
  const base = sandbox.url + '/zoho';
  environment = zoho.DataCenter.setEnvironment(base, base + '/oauth/v2/token', base);
});
after(() => sandbox?.stop());
afterEach(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  await sandbox.control('/reset', {});
  folder = await mkdtemp(join(tmpdir(), 'zoho-'));
  store = new zoho.FileStore(join(folder, 'tokens.txt'));
  await signIn({ refreshToken: '1000.refresh.sandbox-default' });
});

async function signIn({ refreshToken, grantToken, accessToken }) {
  const builder = new zoho.OAuthBuilder()
    .clientId('1000.FAIRLEADSANDBOX').clientSecret('fairlead-sandbox-secret');
  if (refreshToken) builder.refreshToken(refreshToken);
  if (grantToken) builder.grantToken(grantToken).redirectURL('https://f.example/back');
  // With a grant there is no token yet to tell the users of this process apart by.
  if (grantToken) builder.userSignature(new zoho.UserSignature('sync@acme.example'));
  if (accessToken) builder.accessToken(accessToken);
  await (await new zoho.InitializeBuilder())
    .environment(environment).token(builder.build()).store(store)
    .SDKConfig(new zoho.SDKConfigBuilder().autoRefreshFields(false).updateAPIDomain(true).build())
    .resourcePath(folder).initialize();
}

// --- what an answer is, without the SDK's wrappers ---

const plain = (item) => item && {
  status: item.getStatus?.().getValue(), code: item.getCode?.().getValue(),
  message: typeof item.getMessage?.() === 'string' ? item.getMessage() :
    item.getMessage?.()?.getValue(),
  details: Object.fromEntries(item.getDetails?.() ?? []), action: item.getAction?.()?.getValue(),
  duplicate: item.getDuplicateField?.() ?? null,
};
const results = (answer) => (answer.getObject().getData?.() ?? [answer.getObject()]).map(plain);
const rows = (answer) => answer.getObject()?.getData?.() ?? [];
const params = async (pairs) => {
  const map = new zoho.ParameterMap();
  for (const [param, value] of pairs) await map.add(param, value);
  return map;
};
const headers = async (pairs) => {
  const map = new zoho.HeaderMap();
  for (const [header, value] of pairs) await map.add(header, value);
  return map;
};

const of = (module) => new Record.RecordOperations(module);
const record = (values) => {
  const made = new Record.Record();
  for (const [name, value] of Object.entries(values)) made.addKeyValue(name, value);
  return made;
};
const body = (list, more = {}) => {
  const wrapper = new Record.BodyWrapper();
  wrapper.setData(list.map(record));
  if (more.checks) wrapper.setDuplicateCheckFields(more.checks);
  if (more.trigger) wrapper.setTrigger(more.trigger);
  return wrapper;
};
const lead = (more = {}) => ({ Last_Name: 'North', Company: 'North Ltd', ...more });
const create = async (...list) => results(await of('Leads').createRecords(body(list)));
const listOf = (fields, more = [], head = []) => Promise.all([
  params([[Record.GetRecordsParam.FIELDS, fields], ...more]), headers(head),
]).then(([p, h]) => of('Leads').getRecords(p, h));

describe('a record', () => {
  test('is created, read, updated and deleted', async () => {
    const [made] = await create(lead({ Email: 'jo@north.example' }));
    assert.equal(made.code, 'SUCCESS');
    assert.equal(made.message, 'record added');
    const id = BigInt(made.details.id); // nineteen digits: too many for a number
    const [updated] = results(await of('Leads').updateRecord(id, body([{ First_Name: 'Jo' }])));
    assert.equal(updated.message, 'record updated');
    const [read] = rows(await of('Leads').getRecord(id));
    assert.equal(read.getKeyValue('Full_Name'), 'Jo North');
    assert.equal(read.getKeyValue('Owner').getEmail(), 'sync@acme.example');
    const [gone] = results(await of('Leads').deleteRecord(id));
    assert.equal(gone.message, 'record deleted');
    // Nothing is 204, without a body.
    const nothing = await of('Leads').getRecord(id);
    assert.equal(nothing.getStatusCode(), 204);
  });

  test('of several is refused alone: 207, in the order of the request', async () => {
    const answer = await of('Leads').createRecords(body([
      lead(), lead({ Email: 'not-an-email' }), lead({ First_Name: 'x'.repeat(41) }),
      { First_Name: 'Jo' },
    ]));
    assert.equal(answer.getStatusCode(), 207);
    const list = results(answer);
    assert.deepEqual(list.map((item) => item.code),
      ['SUCCESS', 'INVALID_DATA', 'INVALID_DATA', 'MANDATORY_NOT_FOUND']);
    assert.equal(list[1].details.json_path, '$.data[1].Email');
    assert.equal(list[1].details.expected_data_type, 'email');
    assert.equal(list[2].details.maximum_length, '40');
    assert.equal(list[3].details.api_name, 'Last_Name');
  });

  test('alone that is refused makes the call a 400', async () => {
    const answer = await of('Leads').createRecords(body([{ First_Name: 'Jo' }]));
    assert.equal(answer.getStatusCode(), 400);
    assert.equal(results(answer)[0].code, 'MANDATORY_NOT_FOUND');
  });

  test('is upserted by its e-mail address', async () => {
    const upsert = (...list) => of('Leads').upsertRecords(body(list, { checks: ['Email'] }));
    const [first] = results(await upsert(lead({ Email: 'jo@north.example' })));
    assert.deepEqual([first.action, first.duplicate], ['insert', null]);
    const [again] = results(await upsert(lead({ Email: 'JO@north.example', City: 'York' })));
    assert.deepEqual([again.action, again.duplicate], ['update', 'Email']);
    assert.equal(again.details.id, first.details.id);
  });

  test('whose unique field is taken names the other', async () => {
    const field = new Fields.Fields();
    field.setFieldLabel('Fairlead Id');
    field.setDataType('text');
    field.setLength(64);
    const unique = new Fields.Unique();
    unique.setCasesensitive('false');
    field.setUnique(unique);
    const wrapper = new Fields.BodyWrapper();
    wrapper.setFields([field]);
    const made = await new Fields.FieldsOperations().createField(wrapper,
      await params([[Fields.CreateFieldParam.MODULE, 'Leads']]));
    assert.equal(made.getObject().getFields()[0].getMessage(), 'field created');
    const input = lead({ Fairlead_Id: 'L-1' });
    const [first] = await create(input);
    const [second] = await create(input);
    assert.equal(second.code, 'DUPLICATE_DATA');
    assert.equal(second.details.api_name, 'Fairlead_Id');
    const other = second.details.duplicate_record;
    assert.equal(String(other.getId()), first.details.id);
  });
});

describe('a list', () => {
  test('tells what was modified since, or that nothing was', async () => {
    await create(lead({ Email: 'old@north.example' }));
    await sandbox.control('/clock', { step_ms: 60000 });
    const since = new Date((await sandbox.control('/clock')).now);
    await sandbox.control('/clock', { step_ms: 60000 });
    const nothing = await listOf('id,Email', [],
      [[Record.GetRecordsHeader.IF_MODIFIED_SINCE, since]]);
    assert.equal(nothing.getStatusCode(), 304);
    await create(lead({ Email: 'new@north.example' }));
    const changed = await listOf('id,Email', [],
      [[Record.GetRecordsHeader.IF_MODIFIED_SINCE, since]]);
    assert.deepEqual(rows(changed).map((row) => row.getKeyValue('Email')),
      ['new@north.example']);
  });

  test('is read by page tokens beyond its 2,000th record', async () => {
    await sandbox.control(`${ACCOUNT}/seed`, { count: 2100 });
    const beyond = await listOf('id', [[Record.GetRecordsParam.PAGE, 11]]);
    assert.equal(beyond.getObject().getCode().getValue(), 'LIMIT_REACHED');
    const seen = new Set();
    let token = null, pages = 0;
    do {
      const more = token ? [[Record.GetRecordsParam.PAGE_TOKEN, token]] : [];
      const answer = await listOf('id,Email', more);
      for (const row of rows(answer)) seen.add(row.getId());
      token = answer.getObject().getInfo().getNextPageToken();
      pages++;
    } while (token);
    assert.equal(pages, 11);
    assert.equal(seen.size, 2100);
  });

  test('without fields is refused', async () => {
    const answer = await of('Leads').getRecords(await params([]));
    assert.equal(answer.getStatusCode(), 400);
    assert.equal(answer.getObject().getCode().getValue(), 'REQUIRED_PARAM_MISSING');
  });

  test('of the deleted says who is in the recycle bin', async () => {
    const [{ details }] = await create(lead());
    await of('Leads').deleteRecord(BigInt(details.id));
    const answer = await of('Leads').getDeletedRecords(
      await params([[Record.GetDeletedRecordsParam.TYPE, 'all']]));
    const [deleted] = answer.getObject().getData();
    assert.equal(String(deleted.getId()), details.id);
    assert.equal(deleted.getType(), 'recycle');
  });
});

describe('a search', () => {
  const search = async (param, value) => of('Leads').searchRecords(
    await params([[Record.SearchRecordsParam[param], value]]));

  test('finds by e-mail, phone, word and criteria, when its index has it', async () => {
    await create(lead({ Email: 'jo@north.example', Phone: '0155 50100' }));
    const early = await search('EMAIL', 'jo@north.example');
    assert.equal(early.getStatusCode(), 204, 'the index lags');
    await sandbox.control('/clock', { step_ms: 60000 });
    for (const [param, value] of [['EMAIL', 'JO@north.example'], ['PHONE', '0155 50100'],
      ['WORD', 'North'], ['CRITERIA', '((Email:equals:jo@north.example)and(Company:starts_with:No))']])
      assert.equal(rows(await search(param, value)).length, 1, param);
  });

  test('has at most fifteen criteria', async () => {
    const many = Array(16).fill('(Email:equals:a@b.example)').join('or');
    const answer = await search('CRITERIA', `(${many})`);
    assert.equal(answer.getObject().getCode().getValue(), 'CRITERIA_LIMIT_EXCEEDED');
  });
});

describe('COQL', () => {
  const query = (text) => {
    const wrapper = new Coql.BodyWrapper();
    wrapper.setSelectQuery(text);
    return new Coql.CoqlOperations().getRecords(wrapper);
  };

  test('sees what was just written', async () => {
    const [{ details }] = await create(lead({ Email: 'jo@north.example' }));
    const found = rows(await query('select id, Email, Modified_Time from Leads where ' +
      "(Email = 'jo@north.example' and Last_Name like 'Nor%') order by Modified_Time asc, " +
      'id asc limit 0, 200'));
    assert.equal(String(found[0].getId()), details.id);
    assert.ok(found[0].getKeyValue('Modified_Time') instanceof Date);
  });

  test('compares with lists, ranges and nothing, in brackets', async () => {
    for (const [name, city, employees] of [['A', 'York', 5], ['B', 'Leeds', 50], ['C', null, 500]])
      await create(lead({ Last_Name: name, City: city, No_of_Employees: employees }));
    const names = async (where) => rows(await query(`select Last_Name from Leads where ${where} ` +
      'order by Last_Name')).map((row) => row.getKeyValue('Last_Name')).join('');
    assert.equal(await names("City in ('York', 'Leeds')"), 'AB');
    assert.equal(await names("City not in ('York') and City is not null"), 'B');
    assert.equal(await names('No_of_Employees between 5 and 50'), 'AB');
    assert.equal(await names('City is null'), 'C');
    assert.equal(await names('City is not null'), 'AB');
    assert.equal(await names("(City = 'York' or No_of_Employees > 400) and Last_Name != 'A'"),
      'C');
  });

  test('needs a where, and columns that are there', async () => {
    const none = await query('select id from Leads');
    assert.equal(none.getObject().getCode().getValue(), 'SYNTAX_ERROR');
    const wrong = await query("select Nope from Leads where Email = 'a'");
    assert.equal(wrong.getObject().getCode().getValue(), 'INVALID_QUERY');
  });
});

test('fields are described', async () => {
  const answer = await new Fields.FieldsOperations().getFields(
    await params([[Fields.GetFieldsParam.MODULE, 'Leads']]));
  const fields = new Map(answer.getObject().getFields().map((f) => [f.getAPIName(), f]));
  assert.equal(fields.get('Last_Name').getSystemMandatory(), true);
  assert.equal(fields.get('Last_Name').getLength(), 80);
  assert.equal(fields.get('Lead_Source').getDataType(), 'picklist');
  assert.ok(fields.get('Lead_Source').getPickListValues()
    .some((v) => v.getActualValue().getValue?.() === 'Web Download' ||
      v.getActualValue() === 'Web Download'));
  assert.equal(fields.get('Full_Name').getOperationType().getAPICreate(), false);
});

test('a note hangs on a lead', async () => {
  const [{ details }] = await create(lead());
  const module = new Modules.MinifiedModule();
  module.setAPIName('Leads');
  const parent = new Notes.ParentId();
  await parent.setModule(module);
  parent.setId(BigInt(details.id));
  const note = new Notes.Note();
  note.setNoteTitle('Fairlead');
  note.setNoteContent('Asked for a call back');
  await note.setParentId(parent);
  const wrapper = new Notes.BodyWrapper();
  wrapper.setData([note]);
  const [made] = results(await new Notes.NotesOperations().createNotes(wrapper));
  assert.equal(made.code, 'SUCCESS');
  const answer = await new Notes.NotesOperations().getNotes(
    await params([[Notes.GetNotesParam.FIELDS, 'id,Note_Content,Parent_Id']]));
  const [read] = answer.getObject().getData();
  assert.equal(read.getNoteContent(), 'Asked for a call back');
  assert.equal(String(read.getParentId().getId()), details.id);
});

describe('a watch', () => {
  const watch = (more = {}) => {
    const channel = new Notifications.Notification();
    channel.setChannelId('1000000068001');
    channel.setEvents(['Leads.create', 'Leads.edit']);
    channel.setToken('f41r-secret');
    channel.setNotifyUrl(more.url ?? 'https://f.example/zoho');
    if (more.expiry) channel.setChannelExpiry(more.expiry);
    const wrapper = new Notifications.BodyWrapper();
    wrapper.setWatch([channel]);
    return new Notifications.NotificationsOperations().enableNotifications(wrapper);
  };
  const now = async () => new Date((await sandbox.control('/clock')).now).getTime();

  test('lives a week at most: what asks for more gets an hour', async () => {
    for (const [days, minutes] of [[6, 6 * 24 * 60], [8, 60]]) {
      const answer = await watch({ expiry: new Date(await now() + days * 86400000) });
      const [item] = answer.getObject().getWatch();
      assert.equal(item.getStatus().getValue(), 'success');
      const [event] = item.getDetails().get('events');
      const left = (event.getChannelExpiry().getTime() - await now()) / 60000;
      assert.ok(Math.abs(left - minutes) < 1, `${left} minutes of ${minutes}`);
    }
  });

  test('calls back with ids and the token, and no signature', async () => {
    let tell;
    const told = new Promise((resolve) => { tell = resolve; });
    const server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        response.end();
        tell({ headers: request.headers, body: JSON.parse(Buffer.concat(parts)) });
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await watch({ url: `http://127.0.0.1:${server.address().port}/zoho` });
      const [{ details }] = await create(lead());
      await sandbox.control('/clock', { step_ms: 1000 });
      const { body: call } = await told;
      assert.deepEqual([call.module, call.operation, call.token, call.channel_id, call.ids],
        ['Leads', 'insert', 'f41r-secret', '1000000068001', [String(details.id)]]);
    } finally {
      server.close();
    }
  });

  test('is listed, and ended', async () => {
    await watch();
    const operations = new Notifications.NotificationsOperations();
    const listed = await operations.getNotifications(
      await params([[Notifications.GetNotificationsParam.CHANNEL_ID, '1000000068001']]));
    assert.equal(listed.getObject().getWatch()[0].getToken(), 'f41r-secret');
    const ended = await operations.deleteNotification(
      await params([[Notifications.DeleteNotificationParam.CHANNEL_IDS, '1000000068001']]));
    assert.equal(ended.getObject().getWatch()[0].getStatus().getValue(), 'success');
  });
});

describe('tokens', () => {
  const grant = async () => {
    const address = `${sandbox.url}/zoho/oauth/v2/auth?response_type=code` +
      '&client_id=1000.FAIRLEADSANDBOX&scope=ZohoCRM.modules.ALL,ZohoCRM.settings.ALL' +
      '&redirect_uri=https%3A%2F%2Ff.example%2Fback&access_type=offline&state=s1' +
      '&sandbox_approve=default';
    const answer = await fetch(address, { redirect: 'manual' });
    return new URL(answer.headers.get('location')).searchParams;
  };

  test('a code is exchanged, and says where the account lives', async () => {
    const back = await grant();
    assert.equal(back.get('location'), 'eu');
    assert.equal(back.get('accounts-server'), sandbox.url + '/zoho');
    assert.equal(back.get('state'), 's1');
    await signIn({ grantToken: back.get('code') });
    assert.equal((await create(lead()))[0].code, 'SUCCESS');
    const [token] = (await store.getTokens()).slice(-1);
    assert.ok(token.getRefreshToken().startsWith('1000.'));
  });

  test('an access token lives an hour and is renewed', async () => {
    await create(lead());
    await sandbox.control('/clock', { step_ms: 3600001 });
    await signIn({ refreshToken: '1000.refresh.sandbox-default' });
    const { requests } = await sandbox.control('/requests?vendor=zoho&limit=1');
    assert.equal(requests[0].status, 201);
  });

  test('that are none are refused', async () => {
    await signIn({ accessToken: '1000.none.none' });
    await assert.rejects(of('Leads').getRecords(
      await params([[Record.GetRecordsParam.FIELDS, 'id']])).then((answer) => {
      if (answer.getStatusCode() === 401) throw answer.getObject();
    }), (error) => JSON.stringify(error).includes('INVALID_TOKEN') ||
      error.getCode?.().getValue() === 'INVALID_TOKEN');
  });

  test('are made ten times in ten minutes, and then no more', async () => {
    const refresh = () => fetch(`${sandbox.url}/zoho/oauth/v2/token?grant_type=refresh_token` +
      '&client_id=1000.FAIRLEADSANDBOX&client_secret=fairlead-sandbox-secret' +
      '&refresh_token=1000.refresh.sandbox-default', { method: 'POST' });
    await sandbox.control('/clock', { step_ms: 600000 }); // what the client made is past
    for (let i = 0; i < 10; i++) assert.ok((await (await refresh()).json()).access_token);
    const eleventh = await refresh();
    assert.equal(eleventh.status, 400);
    assert.equal((await eleventh.json()).error, 'Access Denied');
    await sandbox.control('/clock', { step_ms: 600000 });
    assert.equal((await refresh()).status, 200);
  });
});
