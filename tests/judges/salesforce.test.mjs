// Salesforce's API, judged by jsforce.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import jsforce from 'jsforce';
import { Sandbox } from './harness.mjs';

const ACCOUNT = '/accounts/salesforce/default';
let sandbox, conn;
const lead = (more) => ({ LastName: 'North', Company: 'North Ltd', ...more });

before(async () => {
  sandbox = await Sandbox.start();
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  conn = new jsforce.Connection({
    instanceUrl: sandbox.url + '/salesforce', accessToken: '00D5g-sandbox-default',
    version: '66.0',
  });
});

describe('a record', () => {
  test('is created, retrieved, updated and destroyed', async () => {
    const made = await conn.sobject('Lead').create(lead({ Email: 'jo@north.example' }));
    assert.equal(made.success, true);
    await conn.sobject('Lead').update({ Id: made.id, FirstName: 'Jo' });
    assert.equal((await conn.sobject('Lead').retrieve(made.id)).Name, 'Jo North');
    await conn.sobject('Lead').destroy(made.id);
    await assert.rejects(conn.sobject('Lead').retrieve(made.id),
      (error) => error.errorCode === 'ENTITY_IS_DELETED');
  });

  test('is upserted by an external id, once', async () => {
    const first = await conn.sobject('Lead').upsert(lead({ Fairlead_Id__c: 'L-1' }), 'Fairlead_Id__c');
    const second = await conn.sobject('Lead').upsert(lead({ Fairlead_Id__c: 'L-1' }), 'Fairlead_Id__c');
    assert.deepEqual([first.created, second.created], [true, false]);
    assert.equal(first.id, second.id);
  });

  test('is refused in the words of Salesforce', async () => {
    await assert.rejects(conn.sobject('Lead').create({ LastName: 'North' }),
      (error) => error.errorCode === 'REQUIRED_FIELD_MISSING' &&
        error.message === 'Required fields are missing: [Company]');
  });
});

test('a collection has a result for each row', async () => {
  const rows = await conn.sobject('Lead').create([lead(), { LastName: 'Bad' }, lead()]);
  assert.deepEqual(rows.map((row) => row.success), [true, false, true]);
  const there = await conn.sobject('Lead').retrieve([rows[0].id, rows[2].id]);
  assert.deepEqual(there.map((row) => row.Id), [rows[0].id, rows[2].id]);
});

test('a query is read to its end', async () => {
  await sandbox.control(`${ACCOUNT}/seed`, { count: 2500 });
  const first = await conn.query('SELECT Id, Email FROM Lead');
  assert.equal(first.done, false);
  const rest = await conn.queryMore(first.nextRecordsUrl);
  assert.equal(first.records.length + rest.records.length, 2500);
  assert.equal(rest.done, true);
  const found = await conn.sobject('Lead').find({ Email: first.records[0].Email }, ['Id']);
  assert.equal(found[0].Id, first.records[0].Id);
  await assert.rejects(conn.query('SELECT Id FROM'), { errorCode: 'MALFORMED_QUERY' });
});

test('objects are described', async () => {
  const about = await conn.sobject('Lead').describe();
  const company = about.fields.find((field) => field.name === 'Company');
  assert.deepEqual([company.type, company.length, company.nillable], ['string', 255, false]);
  assert.ok((await conn.describeGlobal()).sobjects.some((object) => object.name === 'Contact'));
});

const app = () => ({
  loginUrl: sandbox.url + '/salesforce', clientId: 'fairlead-sandbox-consumer-key',
  clientSecret: 'fairlead-sandbox-consumer-secret',
});

test('a session that ended is renewed', async () => {
  const conn = new jsforce.Connection({
    oauth2: app(),
    instanceUrl: sandbox.url + '/salesforce', accessToken: 'ended',
    refreshToken: '5Aep861-sandbox-default', version: '66.0',
  });
  assert.equal((await conn.limits()).DailyApiRequests.Max, 100000);
  assert.notEqual(conn.accessToken, 'ended');
});

test('an app signs in for itself', async () => {
  const conn = new jsforce.Connection({ oauth2: app(), version: '66.0' });
  await conn.authorize({ grant_type: 'client_credentials' });
  assert.equal((await conn.sobject('Lead').create(lead())).success, true);
  assert.equal(conn.refreshToken, undefined);
});

test('an app signs in with a key (JWT bearer)', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const assertion = (more) => {
    const text = `${part({ alg: 'RS256' })}.${part({
      iss: app().clientId, sub: 'integration@acme.example', aud: 'https://login.salesforce.com',
      exp: Math.floor(Date.now() / 1000) + 120, ...more })}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  };
  const signIn = async (text) => {
    const conn = new jsforce.Connection({ oauth2: app(), version: '66.0' });
    await conn.authorize({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: text });
    return conn;
  };
  await assert.rejects(signIn(assertion()), { name: 'invalid_grant' }, 'no key is known yet');
  await assert.rejects(sandbox.control(`${ACCOUNT}/settings`, { public_key: 'x' }, 'PATCH'),
    /not a public key in PEM/);
  await sandbox.control(`${ACCOUNT}/settings`,
    { public_key: publicKey.export({ type: 'spki', format: 'pem' }) }, 'PATCH');
  const conn = await signIn(assertion());
  assert.equal((await conn.sobject('Lead').create(lead())).success, true);
  assert.equal(conn.refreshToken, undefined, 'never, for this flow');
  for (const wrong of [{ aud: 'https://example.org' }, { exp: 1000 }]) {
    await assert.rejects(signIn(assertion(wrong)), { name: 'invalid_grant' });
  }
  await assert.rejects(signIn(assertion().slice(0, -8) + 'AAAAAAAA'), { name: 'invalid_grant' });
});

test('what changed and what is gone is told', async () => {
  const kept = await conn.sobject('Lead').create(lead());
  const gone = await conn.sobject('Lead').create(lead());
  await conn.sobject('Lead').destroy(gone.id);
  const from = new Date(Date.now() - 600000), to = new Date(Date.now() + 60000);
  assert.deepEqual((await conn.sobject('Lead').updated(from, to)).ids, [kept.id]);
  const { deletedRecords } = await conn.sobject('Lead').deleted(from, to);
  assert.deepEqual(deletedRecords.map((record) => record.id), [gone.id]);
});

test('calls go together, and one may use what another made', async () => {
  const { compositeResponse: [made, changed] } = await conn.requestPost(
    `/services/data/v66.0/composite`, { allOrNone: true, compositeRequest: [
      { method: 'POST', url: '/services/data/v66.0/sobjects/Lead', referenceId: 'one',
        body: lead() },
      { method: 'PATCH', url: '/services/data/v66.0/sobjects/Lead/@{one.id}',
        referenceId: 'two', body: { FirstName: 'Jo' } }] });
  assert.deepEqual([made.httpStatusCode, changed.httpStatusCode], [201, 204]);
  assert.equal((await conn.sobject('Lead').retrieve(made.body.id)).FirstName, 'Jo');
});

test('a collection is upserted by an external id', async () => {
  const keys = ['L-7', 'L-8'];
  await conn.sobject('Lead').create(lead({ Fairlead_Id__c: 'L-7' }));
  const rows = await conn.sobject('Lead').upsert(
    keys.map((key) => lead({ Fairlead_Id__c: key })), 'Fairlead_Id__c');
  assert.deepEqual(rows.map((row) => [row.success, row.created]), [[true, false], [true, true]]);
});
