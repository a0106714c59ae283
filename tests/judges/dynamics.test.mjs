// Dynamics 365 Sales by its Dataverse Web API, judged by dynamics-web-api. A client asks
// onTokenRefresh for an access token before every call.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
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

describe('changes', () => {
  const changes = (link, more) => crm.retrieveMultiple({ collection: 'leads', ...more }, link);
  const all = (more) => changes(undefined, { select: ['lastname'], trackChanges: true, ...more });

  test('since a delta link are rows, then deletions', async () => {
    const kept = await make();
    const gone = await make();
    const first = await all();
    assert.deepEqual(first.value.map((row) => row.leadid), [kept, gone]);
    await crm.update({ collection: 'leads', key: kept, data: { lastname: 'North' } });
    const fresh = await make();
    await crm.deleteRecord({ collection: 'leads', key: gone });
    const brief = await make();
    await crm.deleteRecord({ collection: 'leads', key: brief });
    const second = await changes(first.oDataDeltaLink);
    assert.deepEqual(second.value.map((row) => [row.leadid ?? row.id, row.reason]),
      [[kept, undefined], [fresh, undefined], [gone, 'deleted'], [brief, 'deleted']]);
    assert.equal(second.value[0].lastname, 'North');
    assert.match(second.value[2]['@odata.context'], /#leads\/\$deletedEntity$/);
    assert.deepEqual((await changes(second.oDataDeltaLink)).value, []);
  });

  test('come page by page, and the last page has the link', async () => {
    await sandbox.control(`${ACCOUNT}/seed`, { count: 5 });
    const first = await all({ maxPageSize: 3 });
    assert.deepEqual([first.value.length, first.oDataDeltaLink], [3, undefined]);
    const missed = await make();
    const rest = await changes(first.oDataNextLink, { maxPageSize: 3 });
    assert.ok(rest.oDataDeltaLink);
    // What came while the pages were read is told again, or for the first time, by the link.
    const seen = (await changes(rest.oDataDeltaLink)).value.map((row) => row.leadid);
    assert.deepEqual(seen, [missed]);
  });

  test('cannot be filtered, nor be older than seven days', async () => {
    await assert.rejects(all({ filter: "lastname eq 'x'" }), (error) => error.status === 400 &&
      /"filter" query parameter isn't supported/.test(error.message));
    const { oDataDeltaLink } = await all();
    await sandbox.control('/clock', { step_ms: 8 * 86400000 });
    await assert.rejects(changes(oDataDeltaLink), refusal(400, '0x80044352'));
  });
});

describe('metadata', () => {
  const entityKey = "LogicalName='lead'";
  const cast = (type) => `Microsoft.Dynamics.CRM.${type}AttributeMetadata`;

  test('names the tables', async () => {
    const { value } = await crm.retrieveEntities({
      select: ['LogicalName', 'EntitySetName', 'ChangeTrackingEnabled'] });
    const lead = value.find((table) => table.LogicalName === 'lead');
    assert.deepEqual([lead.EntitySetName, lead.ChangeTrackingEnabled], ['leads', true]);
    const one = await crm.retrieveEntity({ key: lead.MetadataId });
    assert.deepEqual([one.PrimaryIdAttribute, one.PrimaryNameAttribute], ['leadid', 'fullname']);
    // The client itself finds entity sets by the names of their tables so.
    const named = client('eyJ0.sandbox-default', { useEntityNames: true });
    assert.ok(await named.create({ collection: 'opportunity', data: { name: 'x' } }));
  });

  test('describes columns: lengths, options and targets only by a cast', async () => {
    const columns = await crm.retrieveAttributes({ entityKey });
    const named = (name) => columns.value.find((column) => column.LogicalName === name);
    assert.deepEqual([named('subject').RequiredLevel.Value, named('ownerid').RequiredLevel.Value,
      named('fullname').IsValidForCreate, named('subject').MaxLength],
    ['ApplicationRequired', 'SystemRequired', false, undefined]);
    const texts = await crm.retrieveAttributes({ entityKey, castType: cast('String'),
      select: ['LogicalName', 'MaxLength', 'FormatName'] });
    const email = texts.value.find((column) => column.LogicalName === 'emailaddress1');
    assert.deepEqual([email.MaxLength, email.FormatName.Value], [100, 'Email']);
    const picks = await crm.retrieveAttributes({ entityKey, castType: cast('Picklist'),
      select: ['LogicalName'], expand: [{ property: 'OptionSet' }, { property: 'GlobalOptionSet' }] });
    const source = picks.value.find((column) => column.LogicalName === 'leadsourcecode');
    const web = source.OptionSet.Options.find((option) => option.Value === 8);
    assert.equal(web.Label.UserLocalizedLabel.Label, 'Web');
    const status = await crm.retrieveAttribute({ entityKey, castType: cast('Status'),
      attributeKey: "LogicalName='statuscode'", expand: [{ property: 'OptionSet' }] });
    assert.deepEqual(status.OptionSet.Options.map((option) => [option.Value, option.State]),
      [[1, 0], [2, 0], [3, 1], [4, 2], [5, 2], [6, 2], [7, 2]]);
    const owner = await crm.retrieveAttribute({ entityKey, castType: cast('Lookup'),
      attributeKey: "LogicalName='ownerid'" });
    assert.deepEqual(owner.Targets, ['systemuser', 'team']);
  });

  test('has a new column, and a key over it that is built after a while', async () => {
    const label = (text) => ({ LocalizedLabels: [{ Label: text, LanguageCode: 1033 }] });
    await crm.createAttribute({ entityKey, data: {
      '@odata.type': cast('String'), AttributeType: 'String',
      AttributeTypeName: { Value: 'StringType' }, SchemaName: 'new_OtherId', MaxLength: 20,
      FormatName: { Value: 'Text' }, RequiredLevel: { Value: 'None' },
      DisplayName: label('Other Id') } });
    await crm.callAction({ actionName: 'PublishAllXml' });
    const made = await crm.retrieveAttribute({ entityKey,
      attributeKey: "LogicalName='new_otherid'" });
    assert.deepEqual([made.SchemaName, made.IsCustomAttribute], ['new_OtherId', true]);
    await assert.rejects(make({ new_otherid: 'x'.repeat(21) }), refusal(400, '0x80044331'));
    const keys = () => crm.retrieve({ collection: 'EntityDefinitions', key: entityKey,
      navigationProperty: 'Keys' });
    await crm.create({ collection: 'EntityDefinitions', key: entityKey,
      navigationProperty: 'Keys', data: { SchemaName: 'new_OtherKey',
        KeyAttributes: ['new_otherid'], DisplayName: label('Other key') } });
    const status = async () => (await keys()).value.find((key) =>
      key.LogicalName === 'new_otherkey').EntityKeyIndexStatus;
    assert.equal(await status(), 'Pending');
    const put = () => crm.upsert({ collection: 'leads', key: "new_otherid='o1'", data: lead() });
    await assert.rejects(put(), refusal(400, '0x80060888'));
    await sandbox.control('/clock', { step_ms: 1000 });
    assert.equal(await status(), 'InProgress');
    await sandbox.control('/clock', { step_ms: 1000 });
    assert.equal(await status(), 'Active');
    assert.equal(await put(), await put());
  });
});

describe('a webhook', () => {
  // What came so far, each answered with the next of `statuses`, else 200; told() waits for the
  // one after those that were waited for.
  async function receiver(statuses, run) {
    const seen = [], waiting = [];
    let waited = 0;
    const server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        response.statusCode = statuses[seen.length] ?? 200;
        response.end();
        seen.push({ url: request.url, headers: request.headers,
          body: JSON.parse(Buffer.concat(parts)) });
        waiting.splice(0).forEach((wake) => wake());
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const told = async () => {
      while (seen.length <= waited) {
        await new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('nothing came in 10 s')), 10000);
          waiting.push(() => { clearTimeout(timer); resolve(); });
        });
      }
      return seen[waited++];
    };
    try {
      await run({ url: `http://127.0.0.1:${server.address().port}/in`, told, seen });
    } finally {
      server.close();
    }
  }

  // An administrator registers an endpoint once, and a step for each message and table.
  async function register(endpoint, message, more) {
    const find = async (collection, filter) =>
      (await crm.retrieveMultiple({ collection, filter })).value[0];
    const { sdkmessageid } = await find('sdkmessages', `name eq '${message}'`);
    const { sdkmessagefilterid } = await find('sdkmessagefilters',
      `primaryobjecttypecode eq 'lead' and _sdkmessageid_value eq ${sdkmessageid}`);
    const id = await crm.create({ collection: 'serviceendpoints',
      data: { name: 'Fairlead', contract: 8, authtype: 4, authvalue: 's3cret', ...endpoint } });
    await crm.create({ collection: 'sdkmessageprocessingsteps', data: {
      name: message, stage: 40, mode: 1, rank: 1,
      'sdkmessageid@odata.bind': `/sdkmessages(${sdkmessageid})`,
      'sdkmessagefilterid@odata.bind': `/sdkmessagefilters(${sdkmessagefilterid})`,
      'eventhandler_serviceendpoint@odata.bind': `/serviceendpoints(${id})`, ...more } });
    return id;
  }
  const target = ({ body }) => body.InputParameters[0].value;
  const attribute = (call, key) => target(call).Attributes.find((item) => item.key === key)?.value;

  test('tells of a new row, with a key in its address and no signature', async () => {
    await receiver([], async ({ url, told }) => {
      const endpoint = await register({ url }, 'Create');
      assert.equal((await crm.retrieve({ collection: 'serviceendpoints', key: endpoint }))
        .authvalue, null, 'a secret is never read back');
      const id = await make({ leadsourcecode: 8 });
      const call = await told();
      assert.equal(call.url, '/in?code=s3cret');
      assert.deepEqual([call.body.MessageName, call.body.PrimaryEntityName,
        call.body.PrimaryEntityId, call.body.Stage, call.body.Mode, call.body.Depth],
      ['Create', 'lead', id, 40, 1, 1]);
      assert.equal(call.headers['x-ms-dynamics-entity-name'], 'lead');
      assert.equal(call.headers['x-ms-dynamics-request-name'], 'Create');
      assert.equal(call.headers['x-ms-correlation-request-id'], call.body.CorrelationId);
      assert.equal(call.body.UserId, (await crm.callFunction('WhoAmI')).UserId, 'our own echo');
      assert.deepEqual(attribute(call, 'leadsourcecode'), { Value: 8,
        __type: 'OptionSetValue:http://schemas.microsoft.com/xrm/2011/Contracts' });
      assert.match(attribute(call, 'modifiedon'), /^\/Date\(\d+\)\/$/);
    });
  });

  test('tells of updates that send a filtered column, equal or not', async () => {
    await receiver([], async ({ url, told, seen }) => {
      const settings = '<settings><setting name="x-fairlead" value="h3ader" /></settings>';
      await register({ url, authtype: 5, authvalue: settings }, 'Update',
        { filteringattributes: 'statuscode,ownerid' });
      const key = await make();
      await crm.update({ collection: 'leads', key, data: { lastname: 'North' } });
      await crm.update({ collection: 'leads', key, data: { statuscode: 1, jobtitle: 'CEO' } });
      const call = await told();
      assert.equal(call.headers['x-fairlead'], 'h3ader');
      assert.deepEqual([attribute(call, 'statuscode').Value, attribute(call, 'jobtitle'),
        attribute(call, 'lastname')], [1, 'CEO', undefined]);
      assert.equal(seen.length, 1);
    });
  });

  test('tells of deletions, and loses all but the ids of what is large', async () => {
    await receiver([], async ({ url, told }) => {
      const settings = '<settings><setting name="who" value="f l" /></settings>';
      await register({ url, authtype: 6, authvalue: settings }, 'Delete');
      await register({ url: url + '?big=1' }, 'Create');
      await crm.createAttribute({ entityKey: "LogicalName='lead'", data: {
        '@odata.type': 'Microsoft.Dynamics.CRM.MemoAttributeMetadata',
        SchemaName: 'new_Long', MaxLength: 1048576 } });
      const key = await make({ new_long: 'x'.repeat(300000) });
      const big = await told();
      assert.equal(big.url, '/in?big=1&code=s3cret');
      assert.equal(big.headers['x-ms-dynamics-msg-size-exceeded'], 'True');
      assert.deepEqual([big.body.PrimaryEntityId, big.body.InputParameters], [key, undefined]);
      await crm.deleteRecord({ collection: 'leads', key });
      const call = await told();
      assert.equal(call.url, '/in?who=f%20l');
      assert.deepEqual([call.body.MessageName, target(call).Id, target(call).LogicalName],
        ['Delete', key, 'lead']);
    });
  });

  test('is tried once more after 502, 503, 504, and after nothing else', async () => {
    await receiver([503, 503, 500], async ({ url, told, seen }) => {
      await register({ url }, 'Create');
      const first = await make();
      await told();
      await sandbox.control('/clock', { step_ms: 5000 });
      assert.equal((await told()).body.PrimaryEntityId, first, 'once more');
      await sandbox.control('/clock', { step_ms: 600000 });
      const second = await make();
      assert.equal((await told()).body.PrimaryEntityId, second, 'not a third time');
      await sandbox.control('/clock', { step_ms: 600000 });
      const third = await make();
      assert.equal((await told()).body.PrimaryEntityId, third, 'a 500 is the end of it');
      assert.equal(seen.length, 4);
    });
  });

  test('is refused when it could not work', async () => {
    const url = 'https://f.example/in';
    await assert.rejects(register({ url: 'nowhere' }, 'Create'), refusal(400, '0x80040203'));
    await assert.rejects(register({ url, authtype: 5, authvalue: 'x' }, 'Create'),
      refusal(400, '0x80040203'));
    await assert.rejects(register({ url }, 'Create', { mode: 0 }), { status: 501 });
  });
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
