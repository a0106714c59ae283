// Salesforce's API, judged by jsforce.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import jsforce from 'jsforce';
import { Sandbox, resolveHere } from './harness.mjs';

const ACCOUNT = '/accounts/salesforce/default';
let sandbox, conn;
resolveHere('.my.salesforce.com');
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

test('notes and tasks hang on a lead', async () => {
  const { id } = await conn.sobject('Lead').create(lead());
  await conn.sobject('Task').create({ Subject: 'Call', WhoId: id, Status: 'Completed',
    TaskSubtype: 'Call', ActivityDate: '2026-02-03' });
  const note = await conn.sobject('ContentNote').create({ Title: 'First call',
    Content: Buffer.from('<p>Calls back</p>').toString('base64') });
  await conn.sobject('ContentDocumentLink').create(
    { ContentDocumentId: note.id, LinkedEntityId: id, ShareType: 'V' });
  await conn.sobject('Note').create({ ParentId: id, Title: 'Old style', Body: 'Calls back' });
  const titles = await conn.sobject('Note').find({ ParentId: id }, ['Title']);
  assert.deepEqual(titles.map(({ Title }) => Title), ['Old style']);
  const links = await conn.sobject('ContentDocumentLink').find({ LinkedEntityId: id });
  assert.equal(links[0].ContentDocumentId, note.id);
  assert.equal((await conn.sobject('Task').find({ WhoId: id })).length, 1);
});

test('a custom field is made, and granted before it is seen', async () => {
  const made = await conn.tooling.create('CustomField', { FullName: 'Lead.Agency_Id__c',
    Metadata: { label: 'Agency Id', type: 'Text', length: 64, externalId: true, unique: true } });
  assert.equal(made.success, true);
  const names = async () => (await conn.sobject('Lead').describe()).fields.map(({ name }) => name);
  assert.equal((await names()).includes('Agency_Id__c'), false);
  const { records: [set] } = await conn.query('SELECT Id FROM PermissionSet');
  await conn.sobject('FieldPermissions').create({ ParentId: set.Id, SobjectType: 'Lead',
    Field: 'Lead.Agency_Id__c', PermissionsRead: true, PermissionsEdit: true });
  assert.equal((await names()).includes('Agency_Id__c'), true);
  const { created } = await conn.sobject('Lead').upsert(lead({ Agency_Id__c: 'A-1' }),
    'Agency_Id__c');
  assert.equal(created, true);
});

const app = () => ({
  loginUrl: sandbox.url + '/salesforce', clientId: 'fairlead-sandbox-consumer-key',
  clientSecret: 'fairlead-sandbox-consumer-secret',
});

describe('a user lets an app in', () => {
  const REDIRECT = 'https://f.example/back';
  const codeOf = async (oauth2) => {
    const page = oauth2.getAuthorizationUrl({ scope: 'api refresh_token', state: 's1' });
    const answer = await fetch(page + '&sandbox_approve=default', { redirect: 'manual' });
    assert.equal(answer.status, 302);
    const back = new URL(answer.headers.get('location'));
    assert.equal(back.searchParams.get('state'), 's1');
    return back.searchParams.get('code');
  };

  test('by a code, proven by the verifier (PKCE)', async () => {
    const oauth2 = new jsforce.OAuth2({ ...app(), redirectUri: REDIRECT, useVerifier: true });
    const conn = new jsforce.Connection({ oauth2, version: '66.0' });
    const user = await conn.authorize(await codeOf(oauth2));
    assert.match(user.organizationId, /^00D/);
    assert.match(user.id, /^005/);
    assert.equal(conn.instanceUrl, sandbox.url + '/salesforce');
    assert.equal((await conn.sobject('Lead').create(lead())).success, true);
    assert.equal((await conn.identity()).username, 'integration@acme.example');
    const renewed = await oauth2.refreshToken(conn.refreshToken);
    assert.notEqual(renewed.access_token, conn.accessToken);
    assert.equal(renewed.refresh_token, undefined, 'it does not rotate');
  });

  test('not with another verifier, nor twice by one code', async () => {
    const oauth2 = new jsforce.OAuth2({ ...app(), redirectUri: REDIRECT, useVerifier: true });
    const other = new jsforce.OAuth2({ ...app(), redirectUri: REDIRECT, useVerifier: true });
    await assert.rejects(other.requestToken(await codeOf(oauth2)), { name: 'invalid_grant' });
    const code = await codeOf(oauth2);
    const { access_token } = await oauth2.requestToken(code);
    await assert.rejects(oauth2.requestToken(code), { name: 'invalid_grant' });
    await assert.rejects(new jsforce.Connection({ instanceUrl: sandbox.url + '/salesforce',
      accessToken: access_token, version: '66.0' }).limits(),
    { errorCode: 'INVALID_SESSION_ID' }, 'what the code gave is in wrong hands');
  });

  test('until it is revoked', async () => {
    const oauth2 = new jsforce.OAuth2({ ...app(), redirectUri: REDIRECT, useVerifier: true });
    const { refresh_token, access_token } = await oauth2.requestToken(await codeOf(oauth2));
    await oauth2.revokeToken(refresh_token);
    await assert.rejects(oauth2.refreshToken(refresh_token), { name: 'invalid_grant',
      message: 'expired access/refresh token' });
    await assert.rejects(new jsforce.Connection({ instanceUrl: sandbox.url + '/salesforce',
      accessToken: access_token, version: '66.0' }).limits(),
    { errorCode: 'INVALID_SESSION_ID' }, 'its sessions end with it');
  });
});

const refreshing = () => new jsforce.Connection({
  oauth2: app(), instanceUrl: sandbox.url + '/salesforce', accessToken: 'none',
  refreshToken: '5Aep861-sandbox-default', version: '66.0',
});

test('a session that ended is renewed, and the call made again', async () => {
  const conn = refreshing();
  assert.equal((await conn.limits()).DailyApiRequests.Max, 100000);
  const first = conn.accessToken;
  await sandbox.control(`${ACCOUNT}/tokens`, { expire: first });
  const made = await conn.sobject('Lead').create(lead());
  assert.equal(made.success, true);
  assert.notEqual(conn.accessToken, first);
  assert.equal((await conn.query('SELECT Id FROM Lead')).totalSize, 1, 'made once');
});

test('of two refreshes at once one is told that the other is under way', async () => {
  await sandbox.control(`${ACCOUNT}/settings`, { switches: { refresh_busy_ms: 60000 } }, 'PATCH');
  const oauth2 = new jsforce.OAuth2(app());
  const both = await Promise.allSettled([1, 2].map(() =>
    oauth2.refreshToken('5Aep861-sandbox-default')));
  const [done, refused] = both.sort((a, b) => a.status < b.status ? -1 : 1);
  assert.deepEqual([done.status, refused.status], ['fulfilled', 'rejected']);
  assert.equal(refused.reason.name, 'invalid_grant');
  assert.equal(refused.reason.message, 'token request is already being processed');
  await sandbox.control(`${ACCOUNT}/settings`, { switches: { refresh_busy_ms: 0 } }, 'PATCH');
});

test('a session that no refresh cures ends the attempt', async () => {
  await sandbox.control(`${ACCOUNT}/settings`, { switches: { session_barred: 1 } }, 'PATCH');
  await assert.rejects(refreshing().limits(),
    { message: 'This session is not valid for use with the REST API' });
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

test('a batch of calls has an answer for each', async () => {
  const { hasErrors, results } = await conn.requestPost('/services/data/v66.0/composite/batch',
    { batchRequests: [{ method: 'GET', url: 'v66.0/limits' },
      { method: 'GET', url: 'v66.0/sobjects/Lead/00Q5g00000000ZZAAZ' }] });
  assert.equal(hasErrors, true);
  assert.deepEqual(results.map((result) => result.statusCode), [200, 404]);
});

test('a collection is updated and destroyed row by row', async () => {
  const made = await conn.sobject('Lead').create([lead(), lead()]);
  const rows = await conn.sobject('Lead').update(
    [{ Id: made[0].id, City: 'Leeds' }, { Id: made[1].id, Email: 'x@y' }]);
  assert.deepEqual(rows.map((row) => row.success), [true, false]);
  assert.equal(rows[1].errors[0].statusCode, 'INVALID_EMAIL_ADDRESS');
  const gone = await conn.sobject('Lead').destroy([made[0].id, '00Q5g00000000ZZAAZ']);
  assert.deepEqual(gone.map((row) => row.success), [true, false]);
});

test('a search finds words in several objects (SOSL)', async () => {
  await conn.sobject('Lead').create(lead({ FirstName: 'Jo', Email: 'jo@north.example' }));
  await conn.sobject('Contact').create({ LastName: 'North', Email: 'ann@north.example' });
  const { searchRecords } = await conn.search(
    'FIND {North} IN NAME FIELDS RETURNING Lead(Id, Email), Contact(Email)');
  assert.deepEqual(searchRecords.map((record) => [record.attributes.type, record.Email]),
    [['Lead', 'jo@north.example'], ['Contact', 'ann@north.example']]);
  await assert.rejects(conn.search('FIND {x}'), { errorCode: 'INVALID_SEARCH' });
});

test('limits are told, and the end of the day', async () => {
  const before = (await conn.limits()).DailyApiRequests;
  assert.equal((await conn.limits()).DailyApiRequests.Remaining, before.Remaining - 1);
  assert.deepEqual([conn.limitInfo.apiUsage.used, conn.limitInfo.apiUsage.limit], [2, 100000]);
  await sandbox.control(`${ACCOUNT}/settings`, { limits: { daily: 2 } }, 'PATCH');
  await assert.rejects(conn.limits(), { errorCode: 'REQUEST_LIMIT_EXCEEDED',
    message: 'TotalRequests Limit exceeded.' });
});

// The client asks the host for its jobs, without the path of instanceUrl.
describe('many records', () => {
  let bulk;
  beforeEach(() => {
    const { port } = new URL(sandbox.url);
    bulk = new jsforce.Connection({ instanceUrl: `http://acme.my.salesforce.com:${port}`,
      accessToken: '00D5g-sandbox-default', version: '66.0' }).bulk2;
    bulk.pollInterval = 50;
  });

  test('are upserted as a job (Bulk 2.0 ingest)', async () => {
    await conn.sobject('Lead').create(lead({ Fairlead_Id__c: 'L-1' }));
    const { successfulResults, failedResults, unprocessedRecords } =
      await bulk.loadAndWaitForResults({ object: 'Lead', operation: 'upsert',
        externalIdFieldName: 'Fairlead_Id__c', input: [
          lead({ Fairlead_Id__c: 'L-1', HasOptedOutOfEmail: false }),
          lead({ Fairlead_Id__c: 'L-2', HasOptedOutOfEmail: true }),
          lead({ Fairlead_Id__c: 'L-3', Company: '' })] });
    assert.deepEqual(successfulResults.map((row) => [row.Fairlead_Id__c, row.sf__Created]),
      [['L-1', 'false'], ['L-2', 'true']]);
    assert.equal(failedResults[0].sf__Error, 'REQUIRED_FIELD_MISSING:Required fields are ' +
      'missing: [Company]:Company --');
    assert.deepEqual(unprocessedRecords, []);
    const there = await conn.sobject('Lead').retrieve(successfulResults[1].sf__Id);
    assert.equal(there.HasOptedOutOfEmail, true);
  });

  test('are refused with their job when a column is not there', async () => {
    const job = bulk.createJob({ object: 'Lead', operation: 'insert' });
    await job.open();
    await job.uploadData('LastName,Nope\nNorth,x\n');
    await job.close();
    await assert.rejects(job.poll(), /InvalidBatch : Field name not found : Nope/);
    await job.delete();
    await assert.rejects(job.check(), { errorCode: 'NOT_FOUND' });
  });

  test('are not taken from a job that is aborted', async () => {
    await sandbox.control(`${ACCOUNT}/settings`, { switches: { bulk_ms: 60000 } }, 'PATCH');
    const job = bulk.createJob({ object: 'Lead', operation: 'insert' });
    await job.open();
    await job.uploadData([lead(), lead()]);
    await job.close();
    await job.abort();
    assert.equal((await job.check()).state, 'Aborted');
    assert.equal((await job.getUnprocessedRecords()).length, 2);
    assert.equal((await conn.query('SELECT Id FROM Lead')).totalSize, 0);
  });

  test('are read as a job (Bulk 2.0 query)', async () => {
    await sandbox.control(`${ACCOUNT}/seed`, { count: 2500 });
    const records = await (await bulk.query('SELECT Id, Email FROM Lead',
      { pollInterval: 50, pollTimeout: 20000 })).toArray();
    assert.equal(records.length, 2500);
    assert.match(records[0].Email, /@/);
  });
});
