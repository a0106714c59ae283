// HubSpot's API, a page to read: every call is made with HubSpot's own client, so what
// passes here is what the vendor's library takes for HubSpot.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import hubspot from '@hubspot/api-client';
import { Sandbox } from './harness.mjs';

const TOKEN = 'pat-na1-sandbox-default';
const APP = ['fairlead-sandbox-app', 'fairlead-sandbox-secret'];
const TO_CONTACT = { note: 202, task: 204, deal: 3 };

let sandbox, client;
const connect = (accessToken, more = {}) =>
  new hubspot.Client({ accessToken, basePath: sandbox.url + '/hubspot', ...more });
const contacts = () => client.crm.contacts;
const create = (email, more = {}) =>
  contacts().basicApi.create({ properties: { email, ...more }, associations: [] });
const where = (propertyName, operator, value) =>
  [{ filters: [{ propertyName, operator, value }] }];

before(async () => {
  sandbox = await Sandbox.start();
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  client = connect(TOKEN);
});

describe('a contact', () => {
  test('is created, read, updated and archived', async () => {
    const made = await create('Jo@North.example', { firstname: 'Jo' });
    assert.equal(made.properties.email, 'jo@north.example');
    assert.ok(made.createdAt instanceof Date);
    const read = await contacts().basicApi.getById(made.id, ['firstname', 'phone', 'nope']);
    assert.equal(read.properties.firstname, 'Jo');
    assert.equal(read.properties.phone, null);
    assert.equal('nope' in read.properties, false);
    const now = await contacts().basicApi.update(made.id, { properties: { phone: '+15550100' } });
    assert.equal(now.properties.phone, '+15550100');
    await contacts().basicApi.archive(made.id);
    await assert.rejects(contacts().basicApi.getById(made.id), { code: 404 });
    const archived = await contacts().basicApi.getPage(10, undefined, undefined, undefined,
      undefined, true);
    assert.deepEqual(archived.results.map((r) => [r.id, r.archived]), [[made.id, true]]);
  });

  test('is read and updated by its e-mail address', async () => {
    const { id } = await create('jo@north.example');
    const by = [undefined, undefined, undefined, false, 'email'];
    const read = await contacts().basicApi.getById('jo@north.example', ...by);
    assert.equal(read.id, id);
    await contacts().basicApi.update('jo@north.example',
      { properties: { hs_lead_status: 'OPEN' } }, 'email');
    const now = await contacts().basicApi.getById(id, ['hs_lead_status']);
    assert.equal(now.properties.hs_lead_status, 'OPEN');
  });

  test('with a taken address is a conflict that tells the id only in its text', async () => {
    const { id } = await create('jo@north.example');
    await assert.rejects(create('JO@north.example'), (error) => {
      assert.equal(error.code, 409);
      assert.equal(error.body.category, 'CONFLICT');
      assert.equal(error.body.message, `Contact already exists. Existing ID: ${id}`);
      return true;
    });
  });

  test('with a bad value is refused, with JSON inside the message', async () => {
    await assert.rejects(create('jo@north.example', { hs_lead_status: 'Nope' }), (error) => {
      assert.equal(error.code, 400);
      const [, list] = /^Property values were not valid: (.*)$/.exec(error.body.message);
      assert.equal(JSON.parse(list)[0].error, 'INVALID_OPTION');
      assert.equal(JSON.parse(list)[0].name, 'hs_lead_status');
      return true;
    });
  });

  test('is merged into another and found under both ids', async () => {
    const a = await create('a@north.example');
    const b = await create('b@north.example', { firstname: 'Bea' });
    const one = await contacts().basicApi.merge(
      { primaryObjectId: a.id, objectIdToMerge: b.id });
    const read = await contacts().basicApi.getById(b.id, ['firstname', 'hs_additional_emails']);
    assert.equal(read.id, one.id);
    assert.equal(read.properties.firstname, 'Bea');
    assert.equal(read.properties.hs_additional_emails, 'b@north.example');
    await assert.rejects(create('b@north.example'), { code: 409 });
  });

  test('is listed page by page', async () => {
    for (const n of [1, 2, 3]) await create(`c${n}@north.example`);
    const first = await contacts().basicApi.getPage(2);
    const rest = await contacts().basicApi.getPage(2, first.paging.next.after);
    assert.equal(first.results.length, 2);
    assert.equal(rest.results.length, 1);
    assert.equal(rest.paging, undefined);
  });
});

describe('a batch', () => {
  const inputs = (...emails) => emails.map((email, i) =>
    ({ objectWriteTraceId: `t${i}`, properties: { email }, associations: [] }));

  test('is created, updated, read and archived', async () => {
    const made = await contacts().batchApi.create(
      { inputs: inputs('a@north.example', 'b@north.example') });
    assert.equal(made.status, 'COMPLETE');
    const ids = made.results.map(({ id }) => id);
    await contacts().batchApi.update(
      { inputs: ids.map((id) => ({ id, properties: { city: 'York' } })) });
    const read = await contacts().batchApi.read(
      { idProperty: 'email', inputs: [{ id: 'a@north.example' }, { id: 'b@north.example' }],
        properties: ['city'], propertiesWithHistory: [] });
    assert.deepEqual(read.results.map((r) => r.properties.city), ['York', 'York']);
    await contacts().batchApi.archive({ inputs: ids.map((id) => ({ id })) });
    assert.equal((await contacts().basicApi.getPage()).results.length, 0);
  });

  test('with traces is partly done: 207', async () => {
    const partly = await contacts().batchApi.create(
      { inputs: inputs('a@north.example', 'not an address') });
    assert.equal(partly.numErrors, 1);
    assert.equal(partly.results.length, 1);
    assert.deepEqual(partly.errors[0].context.objectWriteTraceId, ['t1']);
    assert.equal(partly.errors[0].category, 'VALIDATION_ERROR');
  });

  test('without traces is all or nothing', async () => {
    const bare = ['a@north.example', 'not an address'].map((email) =>
      ({ properties: { email }, associations: [] }));
    await assert.rejects(contacts().batchApi.create({ inputs: bare }), { code: 400 });
    assert.equal((await contacts().basicApi.getPage()).results.length, 0);
  });

  test('that updates what is not there, or badly, is 207 too', async () => {
    const { id } = await create('a@north.example');
    const update = (...more) => contacts().batchApi.update({ inputs: [
      { objectWriteTraceId: 't0', id, properties: { city: 'York' } }, ...more] });
    const missing = await update({ objectWriteTraceId: 't1', id: '999999', properties: {} });
    assert.deepEqual([missing.results.length, missing.errors[0].category],
      [1, 'OBJECT_NOT_FOUND']);
    const bad = await update({ objectWriteTraceId: 't2', id: (await create('b@north.example')).id,
      properties: { hs_lead_status: 'Nope' } });
    assert.deepEqual(bad.errors[0].context.objectWriteTraceId, ['t2']);
    assert.equal(bad.errors[0].category, 'VALIDATION_ERROR');
  });

  test('that upserts badly is 207, the others are written', async () => {
    await client.crm.properties.coreApi.create('contacts', {
      name: 'fairlead_lead_id', label: 'Fairlead lead id', groupName: 'contactinformation',
      type: 'string', fieldType: 'text', hasUniqueValue: true,
    });
    const partly = await contacts().batchApi.upsert({ inputs: [
      { objectWriteTraceId: 't0', idProperty: 'fairlead_lead_id', id: 'L1',
        properties: { email: 'a@north.example' } },
      { objectWriteTraceId: 't1', idProperty: 'fairlead_lead_id', id: 'L2',
        properties: { email: 'not an address' } }] });
    assert.deepEqual(partly.results.map((r) => r.properties.email), ['a@north.example']);
    assert.deepEqual(partly.errors[0].context.objectWriteTraceId, ['t1']);
  });

  test('that reads what is not there is 207 too', async () => {
    const { id } = await create('a@north.example');
    const read = await contacts().batchApi.read(
      { inputs: [{ id }, { id: '999999' }], properties: [], propertiesWithHistory: [] });
    assert.equal(read.results.length, 1);
    assert.equal(read.errors[0].category, 'OBJECT_NOT_FOUND');
  });

  test('upserts by a unique property and says what is new', async () => {
    await client.crm.properties.coreApi.create('contacts', {
      name: 'fairlead_lead_id', label: 'Fairlead lead id', groupName: 'contactinformation',
      type: 'string', fieldType: 'text', hasUniqueValue: true,
    });
    const upsert = (city) => contacts().batchApi.upsert({ inputs: [
      { idProperty: 'fairlead_lead_id', id: 'L1', properties: { city } }] });
    const first = await upsert('York');
    const again = await upsert('Leeds');
    assert.equal(first.results[0]._new, true);
    assert.equal(again.results[0]._new, false);
    assert.equal(again.results[0].id, first.results[0].id);
  });

  test('with the same key twice is refused', async () => {
    const twice = ['York', 'Leeds'].map((city) =>
      ({ idProperty: 'email', id: 'a@north.example', properties: { city } }));
    await assert.rejects(contacts().batchApi.upsert({ inputs: twice }), (error) => {
      assert.match(error.body.message, /Duplicate IDs found in batch input/);
      return error.code === 400;
    });
  });
});

describe('search', () => {
  test('finds by filter, in order, page by page', async () => {
    for (const n of [1, 2, 3]) await create(`s${n}@north.example`, { city: 'York' });
    await create('other@north.example', { city: 'Leeds' });
    const ask = { filterGroups: where('city', 'EQ', 'York'), properties: ['email'], limit: 2,
      sorts: [{ propertyName: 'email', direction: 'DESCENDING' }] };
    const first = await contacts().searchApi.doSearch(ask);
    assert.equal(first.total, 3);
    assert.equal(first.results[0].properties.email, 's3@north.example');
    const rest = await contacts().searchApi.doSearch({ ...ask, after: first.paging.next.after });
    assert.equal(rest.results[0].properties.email, 's1@north.example');
    assert.equal(rest.paging, undefined);
  });

  test('does not see a new contact until its index follows', async () => {
    await sandbox.control('/accounts/hubspot/default/settings',
      { search_lag_ms: 60000 }, 'PATCH');
    await create('late@north.example');
    const ask = { filterGroups: where('email', 'EQ', 'late@north.example') };
    assert.equal((await contacts().searchApi.doSearch(ask)).total, 0);
    await sandbox.control('/clock', { step_ms: 60001 });
    assert.equal((await contacts().searchApi.doSearch(ask)).total, 1);
  });

  test('ends at 10,000 results', async () => {
    await assert.rejects(contacts().searchApi.doSearch({ limit: 100, after: '10000' }),
      { code: 400 });
  });
});

describe('what a contact is made of', () => {
  test('properties say type, options and what is read-only', async () => {
    const status = await client.crm.properties.coreApi.getByName('contacts', 'hs_lead_status');
    assert.equal(status.type, 'enumeration');
    assert.ok(status.options.some(({ value }) => value === 'OPEN'));
    const all = await client.crm.properties.coreApi.getAll('contacts');
    const owner = all.results.find(({ name }) => name === 'hubspot_owner_id');
    assert.equal(owner.externalOptions, true);
    assert.deepEqual(owner.options, []);
    const id = all.results.find(({ name }) => name === 'hs_object_id');
    assert.equal(id.modificationMetadata.readOnlyValue, true);
  });

  test('owners are found by address', async () => {
    const page = await client.crm.owners.ownersApi.getPage('sam@acme.example');
    assert.deepEqual(page.results.map(({ id, userId }) => [id, userId]),
      [['41629780', 9586505]]);
    const one = await client.crm.owners.ownersApi.getById(41629780);
    assert.equal(one.firstName, 'Sam');
  });

  test('stages of deals come with their pipeline', async () => {
    const { results } = await client.crm.pipelines.pipelinesApi.getAll('deals');
    assert.equal(results[0].id, 'default');
    assert.ok(results[0].stages.some(({ id }) => id === 'appointmentscheduled'));
  });
});

describe('what belongs to a contact', () => {
  const belongs = (id, associationTypeId) => [{ to: { id }, types: [
    { associationCategory: 'HUBSPOT_DEFINED', associationTypeId }] }];

  test('notes, tasks and deals are created with their association', async () => {
    const { id } = await create('jo@north.example');
    const note = await client.crm.objects.notes.basicApi.create({
      properties: { hs_timestamp: '2026-02-03T10:00:00Z', hs_note_body: '<p>Hello</p>' },
      associations: belongs(id, TO_CONTACT.note) });
    const task = await client.crm.objects.tasks.basicApi.create({
      properties: { hs_timestamp: '2026-02-04T09:30:00Z', hs_task_subject: 'Call Jo',
        hs_task_status: 'NOT_STARTED', hs_task_type: 'CALL' },
      associations: belongs(id, TO_CONTACT.task) });
    const deal = await client.crm.deals.basicApi.create({
      properties: { dealname: 'North', pipeline: 'default', dealstage: 'appointmentscheduled',
        amount: '1200' },
      associations: belongs(id, TO_CONTACT.deal) });
    for (const [kind, made] of [['notes', note], ['tasks', task], ['deals', deal]]) {
      const { results } = await client.crm.associations.v4.basicApi.getPage('contacts', id, kind);
      assert.deepEqual(results.map((r) => String(r.toObjectId)), [made.id]);
    }
  });

  test('notes, tasks and deals are read, changed and archived', async () => {
    const { notes, tasks } = client.crm.objects;
    const note = await notes.basicApi.create({ properties: {
      hs_timestamp: '2026-02-03T10:00:00Z', hs_note_body: 'Hello' }, associations: [] });
    await notes.basicApi.update(note.id, { properties: { hs_note_body: 'Goodbye' } });
    assert.equal((await notes.basicApi.getById(note.id, ['hs_note_body'])).properties
      .hs_note_body, 'Goodbye');
    const task = await tasks.basicApi.create({ properties: {
      hs_timestamp: '2026-02-04T09:30:00Z', hs_task_subject: 'Call Jo' }, associations: [] });
    const over = await tasks.basicApi.update(task.id,
      { properties: { hs_task_status: 'COMPLETED' } });
    assert.equal(over.properties.hs_task_status, 'COMPLETED');
    await tasks.basicApi.archive(task.id);
    await assert.rejects(tasks.basicApi.getById(task.id), { code: 404 });
    const deal = await client.crm.deals.basicApi.create({ properties: { dealname: 'North',
      pipeline: 'default', dealstage: 'appointmentscheduled' }, associations: [] });
    const won = await client.crm.deals.basicApi.update(deal.id,
      { properties: { dealstage: 'closedwon', amount: '1200.50' } });
    assert.deepEqual([won.properties.dealstage, won.properties.amount], ['closedwon', '1200.50']);
    await assert.rejects(client.crm.deals.basicApi.update(deal.id,
      { properties: { dealstage: 'nowhere' } }), { code: 400 });
  });

  test('a note without its time is refused', async () => {
    await assert.rejects(client.crm.objects.notes.basicApi.create(
      { properties: { hs_note_body: 'x' }, associations: [] }), { code: 400 });
  });

  test('a company is associated afterwards, and dissociated', async () => {
    const { id } = await create('jo@north.example');
    const firm = await client.crm.companies.basicApi.create(
      { properties: { name: 'North', domain: 'north.example' }, associations: [] });
    const { basicApi } = client.crm.associations.v4;
    await basicApi.createDefault('contacts', id, 'companies', firm.id);
    const read = await contacts().basicApi.getById(id, [], [], ['companies']);
    assert.equal(read.associations.companies.results[0].id, firm.id);
    await basicApi.archive('contacts', id, 'companies', firm.id);
    assert.deepEqual((await basicApi.getPage('contacts', id, 'companies')).results, []);
  });
});

describe('credentials', () => {
  const refresh = () => connect().oauth.tokensApi.create('refresh_token', undefined, undefined,
    ...APP, 'refresh-sandbox-default');

  test('a refresh token gives an access token of thirty minutes', async () => {
    const { accessToken, expiresIn, refreshToken } = await refresh();
    assert.equal(expiresIn, 1800);
    assert.equal(refreshToken, 'refresh-sandbox-default');
    client = connect(accessToken);
    await create('jo@north.example');
    await sandbox.control('/clock', { step_ms: 1800001 });
    await assert.rejects(contacts().basicApi.getPage(), (error) => {
      assert.equal(error.body.category, 'EXPIRED_AUTHENTICATION');
      return error.code === 401;
    });
    client = connect((await refresh()).accessToken);
    assert.equal((await contacts().basicApi.getPage()).results.length, 1);
  });

  test('a code is exchanged once, by who knows its verifier (PKCE)', async () => {
    const verifier = 'a'.repeat(64), back = 'https://f.example/cb';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const page = client.oauth.getAuthorizationUrl(APP[0], back, 'oauth crm.objects.contacts.read')
      .replace('https://app.hubspot.com', sandbox.url + '/hubspot');
    const answer = await fetch(`${page}&code_challenge=${challenge}&code_challenge_method=S256` +
      '&sandbox_approve=default', { redirect: 'manual' });
    const code = new URL(answer.headers.get('location')).searchParams.get('code');
    const exchange = (more) => fetch(sandbox.url + '/hubspot/oauth/2026-09/token', {
      method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code',
        client_id: APP[0], client_secret: APP[1], redirect_uri: back, code, ...more }) });
    assert.equal((await exchange({})).status, 400);
    const token = await (await exchange({ code_verifier: verifier })).json();
    client = connect(token.access_token);
    assert.equal((await contacts().basicApi.getPage()).results.length, 0);
    await assert.rejects(create('jo@north.example'), (error) =>
      error.code === 403 && error.body.category === 'MISSING_SCOPES');
    assert.equal((await exchange({ code_verifier: verifier })).status, 400);
  });

  test('two that refresh at once both get a token', async () => {
    const [first, second] = await Promise.all([refresh(), refresh()]);
    assert.notEqual(first.accessToken, second.accessToken);
    assert.equal(first.refreshToken, second.refreshToken);
    for (const { accessToken } of [first, second])
      assert.equal((await connect(accessToken).crm.contacts.basicApi.getPage()).results.length, 0);
  });

  test('a token that is none is refused', async () => {
    client = connect('pat-na1-none');
    await assert.rejects(contacts().basicApi.getPage(), { code: 401 });
  });
});

describe('limits', () => {
  test('the client waits out a 429 of search and succeeds', async () => {
    await sandbox.control('/faults',
      { fault: 'rate_limit', vendor: 'hubspot', path: '*/search', count: 1 });
    client = connect(TOKEN, { numberOfApiCallRetries: 2 });
    const began = Date.now();
    assert.equal((await contacts().searchApi.doSearch({})).total, 0);
    assert.ok(Date.now() - began >= 900, 'it waited a second');
    const { requests } = await sandbox.control('/requests?vendor=hubspot&limit=2');
    assert.deepEqual(requests.map(({ status }) => status), [200, 429]);
  });

  test('and without retries tells of it', async () => {
    await sandbox.control('/faults', { fault: 'rate_limit', vendor: 'hubspot', count: 1 });
    await assert.rejects(contacts().basicApi.getPage(), (error) => {
      assert.equal(error.body.policyName, 'TEN_SECONDLY_ROLLING');
      return error.code === 429;
    });
  });
});
