// Dynamics 365 Sales by its Dataverse Web API, judged by dynamics-web-api: rows, keys,
// versions, lists, batches, limits. A client asks onTokenRefresh for an access token before
// every call.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { DynamicsWebApi } from 'dynamics-web-api';
import { Sandbox } from './harness.mjs';

const ACCOUNT = '/accounts/dynamics/default';
const APP = {
  client_id: '5f1c0d52-6f0f-4b8d-9b0a-0e6c7b4f7a11', client_secret: 'fairlead-sandbox-secret',
};
const NOBODY = '00000000-0000-4000-8000-000000000001';
let sandbox, crm, url;

const client = (token, more) => new DynamicsWebApi({
  serverUrl: url, dataApi: { version: '9.2' }, onTokenRefresh: async () => token, ...more,
});
const lead = (more) => ({ subject: 'Web form: pricing', firstname: 'Ann', lastname: 'Lee',
  emailaddress1: 'ann@acme.example', ...more });
const make = (more) => crm.create({ collection: 'leads', data: lead(more) });
const read = (key, select) => crm.retrieve({ collection: 'leads', key, select });
const set = (switches) => sandbox.control(`${ACCOUNT}/settings`, { switches }, 'PATCH');
const refusal = (status, code) => (error) => {
  assert.deepEqual([error.status, error.code], [status, code], error.message);
  return true;
};

before(async () => {
  sandbox = await Sandbox.start();
  url = sandbox.url + '/dynamics/';
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  crm = client('eyJ0.sandbox-default');
});

describe('signing in at Microsoft Entra ID', () => {
  const ask = async (form, path = 'oauth2/v2.0/token') => {
    const answer = await fetch(`${url}contoso.onmicrosoft.com/${path}`, {
      method: 'POST', body: new URLSearchParams({ ...APP, ...form }) });
    return { status: answer.status, ...await answer.json() };
  };
  const own = { grant_type: 'client_credentials', scope: 'https://org.crm.dynamics.com/.default' };

  test('an app speaks for itself and gets no refresh token', async () => {
    const got = await ask(own);
    assert.deepEqual([got.status, got.expires_in, got.refresh_token, got.scope],
      [200, 4599, undefined, undefined]);
    const me = await client(got.access_token).callFunction('WhoAmI');
    const users = await crm.retrieveMultiple({ collection: 'systemusers',
      select: ['systemuserid', 'fullname'], filter: `systemuserid eq ${me.UserId}` });
    assert.equal(users.value[0].fullname, 'Fairlead Sync');
  });

  test('an expired session is a 401 with a header, and is renewed', async () => {
    const first = await ask({ grant_type: 'refresh_token',
      refresh_token: '0.AX0A-sandbox-default' });
    await sandbox.control(`${ACCOUNT}/tokens`, { expire: first.access_token });
    await assert.rejects(client(first.access_token).callFunction('WhoAmI'), (error) =>
      error.status === 401 && /^Bearer authorization_uri=/.test(error.headers['www-authenticate']));
    // Every refresh gives a new token, and does not take the old one away at once.
    const again = await ask({ grant_type: 'refresh_token',
      refresh_token: '0.AX0A-sandbox-default' });
    assert.ok((await client(again.access_token).callFunction('WhoAmI')).UserId);
  });

  test('refusals have a code of AADSTS', async () => {
    const wrong = await ask({ ...own, client_secret: 'x' });
    assert.deepEqual([wrong.status, wrong.error, wrong.error_codes],
      [401, 'invalid_client', [7000215]]);
    const none = await ask({ grant_type: 'refresh_token', refresh_token: 'x' });
    assert.deepEqual([none.status, none.error], [400, 'invalid_grant']);
    await set({ secret_expired: 1 });
    assert.deepEqual((await ask(own)).error_codes, [7000222]);
  });
});

describe('a row', () => {
  test('is created, retrieved, updated and deleted', async () => {
    const id = await make({ leadsourcecode: 8 });
    assert.match(id, /^[0-9a-f]{8}-/);
    assert.equal(await crm.update({ collection: 'leads', key: id,
      data: { lastname: 'North' } }), true);
    const row = await read(id, ['fullname', 'leadsourcecode', '_ownerid_value']);
    assert.deepEqual([row.fullname, row.leadsourcecode, row.leadid], ['Ann North', 8, id]);
    assert.ok(row._ownerid_value, 'the caller owns what nobody else does');
    assert.equal(await crm.deleteRecord({ collection: 'leads', key: id }), true);
    await assert.rejects(read(id), refusal(404, '0x80040217'));
  });

  test('comes back when it is asked for', async () => {
    const made = await crm.create({ collection: 'leads', data: lead(),
      select: ['fullname', 'statuscode'], returnRepresentation: true });
    assert.deepEqual([made.fullname, made.statuscode], ['Ann Lee', 1]);
    const changed = await crm.update({ collection: 'leads', key: made.leadid,
      data: { statuscode: 2 }, select: ['statuscode'], returnRepresentation: true });
    assert.equal(changed.statuscode, 2);
    assert.notEqual(changed['@odata.etag'], made['@odata.etag']);
  });

  test('has labels and names beside its numbers and ids', async () => {
    const account = await crm.create({ collection: 'accounts', data: { name: 'Acme' } });
    const id = await crm.create({ collection: 'contacts', data: { lastname: 'Lee',
      'parentcustomerid_account@odata.bind': `accounts(${account})` } });
    const row = await crm.retrieve({ collection: 'contacts', key: id,
      select: ['_parentcustomerid_value', 'statecode'], includeAnnotations: '*',
      expand: [{ property: 'parentcustomerid_account', select: ['name'] }] });
    assert.deepEqual([row._parentcustomerid_value, row._parentcustomerid_value_Formatted,
      row._parentcustomerid_value_LogicalName, row.statecode_Formatted],
    [account, 'Acme', 'account', 'Active']);
    assert.equal(row.parentcustomerid_account.name, 'Acme');
  });

  test('is linked to others by navigation properties', async () => {
    const id = await make();
    const account = await crm.create({ collection: 'accounts',
      data: { name: 'Acme', accountnumber: 'A1' } });
    await crm.associateSingleValued({ collection: 'leads', primaryKey: id,
      navigationProperty: 'parentaccountid', relatedCollection: 'accounts', relatedKey: account });
    assert.equal((await read(id))._parentaccountid_value, account);
    await crm.disassociateSingleValued({ collection: 'leads', primaryKey: id,
      navigationProperty: 'parentaccountid' });
    assert.equal((await read(id))._parentaccountid_value, null);
    await crm.update({ collection: 'leads', key: id,
      data: { 'parentaccountid@odata.bind': "/accounts(accountnumber='A1')" } });
    assert.equal((await read(id))._parentaccountid_value, account);
    await assert.rejects(make({ 'parentaccount@odata.bind': `/accounts(${account})` }),
      refusal(400, '0x80048d19'));
  });

  test('is made together with the contact that it is of', async () => {
    const id = await make({ parentcontactid: { lastname: 'Lee',
      parentcustomerid_account: { name: 'Acme' } } });
    const read = await crm.retrieve({ collection: 'leads', key: id,
      expand: [{ property: 'parentcontactid', select: ['lastname'] }] });
    assert.equal(read.parentcontactid.lastname, 'Lee');
  });

  test('has tasks, calls, notes and opportunities about it', async () => {
    const id = await make();
    for (const [collection, data] of [
      ['tasks', { subject: 'Call back', scheduledend: '2026-12-01T09:00:00Z',
        'regardingobjectid_lead_task@odata.bind': `/leads(${id})` }],
      ['phonecalls', { subject: 'Called', 'regardingobjectid_lead_phonecall@odata.bind':
        `/leads(${id})`, phonecall_activity_parties: [{ participationtypemask: 2 }] }],
      ['annotations', { subject: 'Form', notetext: 'yes', 'objectid_lead@odata.bind':
        `/leads(${id})` }],
      ['opportunities', { name: 'Acme - pricing', estimatedvalue: 5000,
        'originatingleadid@odata.bind': `/leads(${id})` }]]) {
      assert.ok(await crm.create({ collection, data }));
    }
    const [task] = (await crm.retrieveMultiple({ collection: 'tasks',
      filter: `_regardingobjectid_value eq ${id}` })).value;
    await crm.update({ collection: 'tasks', key: task.activityid,
      data: { statecode: 1, statuscode: 5 } });
    const done = await crm.retrieve({ collection: 'tasks', key: task.activityid });
    assert.deepEqual([done.statecode, done.subject], [1, 'Call back']);
  });

  test('is one property at a time, if need be', async () => {
    const id = await make();
    await crm.updateSingleProperty({ collection: 'leads', key: id,
      fieldValuePair: { lastname: 'North' } });
    await crm.deleteRecord({ collection: 'leads', key: id, property: 'firstname' });
    assert.equal((await read(id)).fullname, 'North');
  });
});

describe('an alternate key', () => {
  const put = (data, more) => crm.upsert({ collection: 'leads', key: "new_fairleadid='fl_01'",
    data, returnRepresentation: true, ...more });

  test('creates a row once, and then updates it', async () => {
    const made = await put(lead());
    assert.equal(made.new_fairleadid, 'fl_01');
    const changed = await put({ lastname: 'North' });
    assert.deepEqual([changed.leadid, changed.fullname], [made.leadid, 'Ann North']);
    assert.equal(await crm.count({ collection: 'leads' }), 1);
  });

  test('with If-Match makes nothing new', async () => {
    assert.equal(await put(lead(), { ifmatch: '*' }), null, 'a 404');
    assert.equal(await crm.count({ collection: 'leads' }), 0);
  });

  test('with If-None-Match changes nothing old', async () => {
    await put(lead());
    assert.equal(await put({ lastname: 'North' }, { ifnonematch: '*' }), null, 'a 412');
    assert.equal((await read("new_fairleadid='fl_01'")).lastname, 'Lee');
  });

  test('is unique, and must be known', async () => {
    await make({ new_fairleadid: 'fl_01' });
    await assert.rejects(make({ new_fairleadid: 'fl_01' }), refusal(412, '0x80060892'));
    await assert.rejects(read("new_fairleadid='fl_02'"), refusal(404, '0x80060891'));
    await assert.rejects(read("companyname='Acme'"), refusal(400, '0x80060888'));
  });
});

describe('a version', () => {
  test('that is no longer the row\'s stops an update and a deletion', async () => {
    const id = await make();
    const before = (await read(id))['@odata.etag'];
    await crm.update({ collection: 'leads', key: id, data: { jobtitle: 'CEO' } });
    assert.equal(await crm.update({ collection: 'leads', key: id, data: { jobtitle: 'CTO' },
      ifmatch: before }), false, 'a 412');
    assert.equal(await crm.deleteRecord({ collection: 'leads', key: id, ifmatch: before }), false);
    const now = await read(id);
    assert.equal(now.jobtitle, 'CEO');
    assert.equal(await crm.deleteRecord({ collection: 'leads', key: id,
      ifmatch: now['@odata.etag'] }), true);
  });

  test('that is still the row\'s saves reading it again', async () => {
    const id = await make();
    const { '@odata.etag': etag } = await read(id, ['fullname']);
    const again = await crm.retrieve({ collection: 'leads', key: id, select: ['fullname'],
      ifnonematch: etag });
    assert.equal(again, undefined, 'a 304');
  });

  test('"*" keeps an update from making a row', async () => {
    await assert.rejects(crm.update({ collection: 'leads', key: NOBODY, data: lead() }),
      refusal(404, '0x80040217'));
    // The trap: without it, a row of that id is made.
    await crm.upsert({ collection: 'leads', key: NOBODY, data: lead() });
    assert.equal((await read(NOBODY)).fullname, 'Ann Lee');
  });
});

test('duplicates are held when a call asks for it', async () => {
  const id = await make();
  const again = await make();
  assert.notEqual(id, again, 'they are not by default');
  const held = () => crm.create({ collection: 'leads', data: lead({
    emailaddress1: 'ANN@acme.example' }), duplicateDetection: true });
  await assert.rejects(held(), refusal(412, '0x80040333'));
  await set({ duplicate_500: 1 });
  await assert.rejects(held(), refusal(500, '0x80040333'));
  assert.equal(await crm.count({ collection: 'leads' }), 2);
});

describe('a list', () => {
  test('is read page by page', async () => {
    await sandbox.control(`${ACCOUNT}/seed`, { count: 25 });
    const first = await crm.retrieveMultiple({ collection: 'leads', select: ['lastname'],
      orderBy: ['lastname asc'], maxPageSize: 10, count: true });
    assert.deepEqual([first.value.length, first.oDataCount], [10, 25]);
    const second = await crm.retrieveMultiple({ collection: 'leads', maxPageSize: 10 },
      first.oDataNextLink);
    assert.equal(second.value.length, 10);
    const all = await crm.retrieveAll({ collection: 'leads', select: ['lastname'],
      orderBy: ['lastname asc'], maxPageSize: 10 });
    const names = all.value.map((row) => row.lastname);
    assert.equal(new Set(all.value.map((row) => row.leadid)).size, 25);
    assert.deepEqual(names, names.toSorted((a, b) =>
      a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0));
  });

  test('is filtered', async () => {
    await make({ lastname: "O'Neil", leadsourcecode: 8, revenue: 5 });
    await make({ emailaddress1: 'bo@acme.example', leadsourcecode: 2 });
    const count = async (filter) =>
      (await crm.retrieveMultiple({ collection: 'leads', filter })).value.length;
    for (const [filter, expected] of [
      ["lastname eq 'O''Neil'", 1], ["emailaddress1 ne 'bo@acme.example'", 1],
      ["contains(emailaddress1,'acme')", 2], ["startswith(lastname,'o')", 1],
      ["endswith(emailaddress1,'.example') and not contains(lastname,'Lee')", 1],
      ['leadsourcecode eq 8 or leadsourcecode eq 2', 2], ['revenue gt 4.5', 1],
      ['revenue eq null', 1], ['createdon ge 2026-01-01T00:00:00Z', 2],
      ['(leadsourcecode eq 8 or leadsourcecode eq 2) and revenue ne null', 1],
      ["Microsoft.Dynamics.CRM.In(PropertyName='emailaddress1',"
        + "PropertyValues=['bo@acme.example','cy@acme.example'])", 1]]) {
      assert.equal(await count(filter), expected, filter);
    }
    await assert.rejects(count("nope eq 'x'"), refusal(400, '0x0'));
    await assert.rejects(count("lastname like 'x'"), refusal(400, '0x0'));
  });

  test('is counted, whole or in part', async () => {
    await make({ leadsourcecode: 8 });
    await make();
    assert.equal(await crm.count({ collection: 'leads' }), 2);
    assert.equal(await crm.count({ collection: 'leads', filter: 'leadsourcecode eq 8' }), 1);
  });

  test('is cut to its top', async () => {
    await sandbox.control(`${ACCOUNT}/seed`, { count: 3 });
    const two = await crm.retrieveMultiple({ collection: 'leads', top: 2 });
    assert.deepEqual([two.value.length, two.oDataNextLink], [2, undefined]);
  });
});

describe('a batch', () => {
  const batch = async (fill, options) => {
    crm.startBatch();
    fill();
    return crm.executeBatch(options);
  };

  test('has an answer for each request, in their order', async () => {
    const [made, rows, count] = await batch(() => {
      make({ new_fairleadid: 'fl_01' });
      crm.retrieveMultiple({ collection: 'leads', select: ['fullname'] });
      crm.count({ collection: 'leads' });
    }, { inChangeSet: false });
    assert.match(made, /^[0-9a-f-]{36}$/);
    assert.deepEqual([rows.value[0].fullname, count], ['Ann Lee', 1]);
  });

  test('stops at the first failure, with its status', async () => {
    const failed = batch(() => { make(); make({ leadsourcecode: 99 }); make(); },
      { inChangeSet: false });
    await assert.rejects(failed, (parts) => {
      assert.equal(parts.length, 2, 'what was done so far');
      assert.equal(parts[1].error.code, '0x8004431A');
      return true;
    });
    assert.equal(await crm.count({ collection: 'leads' }), 1);
  });

  test('goes on past failures when told to: a 200 is not success', async () => {
    const parts = await batch(() => { make(); make({ leadsourcecode: 99 }); make(); },
      { inChangeSet: false, continueOnError: true });
    assert.deepEqual(parts.map((part) => typeof part), ['string', 'object', 'string']);
    assert.deepEqual([parts[1].status, parts[1].error.code], [400, '0x8004431A']);
    assert.equal(await crm.count({ collection: 'leads' }), 2);
  });

  test('keeps all of a change set or nothing', async () => {
    await assert.rejects(batch(() => { make(); make({ leadsourcecode: 99 }); }),
      (parts) => parts.length === 1 && parts[0].error.code === '0x8004431A');
    assert.equal(await crm.count({ collection: 'leads' }), 0);
  });

  test('links what it makes to what it made before', async () => {
    const made = await batch(() => {
      crm.create({ collection: 'accounts', data: { name: 'Acme' }, contentId: '1' });
      make({ 'parentaccountid@odata.bind': '$1' });
    });
    assert.equal((await read(made[1]))._parentaccountid_value, made[0]);
  });

  test('has one bad row, as a fault wants it', async () => {
    await sandbox.control('/faults', { fault: 'bad_record', vendor: 'dynamics', index: 1, count: 1 });
    const parts = await batch(() => { make(); make(); make(); },
      { inChangeSet: false, continueOnError: true });
    assert.deepEqual(parts.map((part) => part.status ?? 204), [204, 400, 204]);
  });
});

test('many rows are created together, or none', async () => {
  const rows = (...sources) => sources.map((leadsourcecode) => ({
    '@odata.type': 'Microsoft.Dynamics.CRM.lead', lastname: 'A', leadsourcecode }));
  const send = (Targets) => crm.callAction({ collection: 'leads',
    actionName: 'Microsoft.Dynamics.CRM.CreateMultiple', action: { Targets } });
  assert.equal((await send(rows(1, 2, 3))).Ids.length, 3);
  await assert.rejects(send(rows(1, 99)), refusal(400, '0x8004431A'));
  assert.equal(await crm.count({ collection: 'leads' }), 3);
});

test('a lead is qualified into an account, a contact and an opportunity', async () => {
  const id = await make({ companyname: 'Acme' });
  const qualify = () => crm.callAction({ collection: 'leads', key: id,
    actionName: 'Microsoft.Dynamics.CRM.QualifyLead', action: { CreateAccount: true,
      CreateContact: true, CreateOpportunity: true, Status: -1 } });
  const { value } = await qualify();
  assert.deepEqual(value.map((row) => row['@odata.type']), ['opportunity', 'contact', 'account']
    .map((name) => '#Microsoft.Dynamics.CRM.' + name));
  const row = await read(id);
  assert.deepEqual([row.statecode, row.statuscode, row._parentcontactid_value],
    [1, 3, value[1].contactid]);
  await assert.rejects(qualify(), refusal(400, '0x80040265'));
});

test('two leads are merged: what was about one is about the other', async () => {
  const [target, other] = [await make({ lastname: 'North' }), await make()];
  await crm.create({ collection: 'tasks', data: { subject: 'Call',
    'regardingobjectid_lead_task@odata.bind': `/leads(${other})` } });
  const reference = (leadid) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.lead', leadid });
  await crm.callAction({ actionName: 'Merge', action: { Target: reference(target),
    Subordinate: reference(other), UpdateContent: { jobtitle: 'CEO' },
    PerformParentingChecks: false } });
  const [kept, gone] = [await read(target), await read(other)];
  assert.deepEqual([kept.jobtitle, gone.merged, gone.statecode, gone._masterid_value],
    ['CEO', true, 2, target]);
  const [task] = (await crm.retrieveMultiple({ collection: 'tasks' })).value;
  assert.equal(task._regardingobjectid_value, target);
});

describe('limits', () => {
  test('are told, met, and say when to come again', async () => {
    await sandbox.control(`${ACCOUNT}/settings`, { limits: { requests: 2 } }, 'PATCH');
    await make();
    await make();
    await assert.rejects(make(), (error) => {
      assert.deepEqual([error.status, error.code], [429, '0x80072322']);
      assert.ok(Number(error.headers['retry-after']) > 0);
      assert.equal(error.headers['x-ms-ratelimit-burst-remaining-xrm-requests'], '0');
      return true;
    });
    await sandbox.control('/clock', { step_ms: 400000 });
    assert.ok(await make());
  });

  test('are of three kinds', async () => {
    for (const [kind, code] of ['0x80072322', '0x80072321', '0x80072326'].entries()) {
      await set({ limit_kind: kind });
      await sandbox.control('/faults', { fault: 'rate_limit', vendor: 'dynamics', count: 1 });
      await assert.rejects(make(), refusal(429, code));
    }
  });
});
