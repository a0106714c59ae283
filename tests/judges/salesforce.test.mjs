// Salesforce's API, judged by jsforce.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
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

test('a session that ended is renewed', async () => {
  const app = new jsforce.Connection({
    oauth2: {
      loginUrl: sandbox.url + '/salesforce', clientId: 'fairlead-sandbox-consumer-key',
      clientSecret: 'fairlead-sandbox-consumer-secret',
    },
    instanceUrl: sandbox.url + '/salesforce', accessToken: 'ended',
    refreshToken: '5Aep861-sandbox-default', version: '66.0',
  });
  assert.equal((await app.limits()).DailyApiRequests.Max, 100000);
  assert.notEqual(app.accessToken, 'ended');
});
