// Zoho CRM's bulk API, judged by Zoho's own Node SDK: a file is uploaded and written, a module
// is read into one. Files are zip archives with one CSV; jobs take a while and are asked about.
import { after, before, beforeEach, afterEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zoho from '@zohocrm/nodejs-sdk-8.0';
import { Sandbox } from './harness.mjs';

const { BulkRead, BulkWrite, Choice } = zoho;
const { MinifiedModule } = zoho.Modules;
const { MinifiedField } = zoho.Fields;
let sandbox, folder, org;

before(async () => { sandbox = await Sandbox.start(); });
after(() => sandbox?.stop());
afterEach(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  await sandbox.control('/reset', {});
  folder = await mkdtemp(join(tmpdir(), 'zoho-bulk-'));
  const base = sandbox.url + '/zoho';
  const token = new zoho.OAuthBuilder().clientId('1000.FAIRLEADSANDBOX')
    .clientSecret('fairlead-sandbox-secret').refreshToken('1000.refresh.sandbox-default').build();
  await (await new zoho.InitializeBuilder())
    .environment(zoho.DataCenter.setEnvironment(base, base + '/oauth/v2/token', base))
    .token(token).store(new zoho.FileStore(join(folder, 'tokens.txt')))
    .SDKConfig(new zoho.SDKConfigBuilder().autoRefreshFields(false).updateAPIDomain(true).build())
    .resourcePath(folder).initialize();
  const answer = await new zoho.Org.OrgOperations().getOrganization();
  org = answer.getObject().getOrg()[0].getZgid();
});

// --- files ---

const csv = 'Last_Name,Company,Email\n' +
  'North,North Ltd,jo@north.example\n' + 'South,South Ltd,not-an-email\n';

const python = (...args) => execFileSync('python3', ['-m', 'zipfile', ...args], { cwd: folder });

async function upload(rows, name = 'leads.csv') {
  await writeFile(join(folder, name), rows);
  python('-c', 'rows.zip', name);
  const body = new BulkWrite.FileBodyWrapper();
  body.setFile(new zoho.StreamWrapper(null, null, join(folder, 'rows.zip')));
  const headers = new zoho.HeaderMap();
  await headers.add(BulkWrite.UploadFileHeader.FEATURE, 'bulk-write');
  await headers.add(BulkWrite.UploadFileHeader.X_CRM_ORG, org);
  return (await new BulkWrite.BulkWriteOperations().uploadFile(body, headers)).getObject();
}

// The one CSV of an archive that was downloaded.
async function rowsOf(answer) {
  const bytes = (await answer.getObject()).getFile().getStream();
  await writeFile(join(folder, 'result.zip'), bytes);
  python('-e', 'result.zip', 'out');
  return execFileSync('sh', ['-c', 'cat out/*.csv'], { cwd: folder }).toString().trim().split('\n');
}

const moduleOf = (name) => {
  const module = new MinifiedModule();
  module.setAPIName(name);
  return module;
};

// --- writing ---

async function write(operation, fileId, { findBy, mappings = [] } = {}) {
  const resource = new BulkWrite.Resource();
  resource.setType(new Choice('data'));
  await resource.setModule(moduleOf('Leads'));
  resource.setFileId(fileId);
  resource.setIgnoreEmpty(true);
  if (findBy) resource.setFindBy(findBy);
  resource.setFieldMappings(mappings.map(([name, index]) => {
    const mapping = new BulkWrite.FieldMapping();
    mapping.setAPIName(name);
    mapping.setIndex(index);
    return mapping;
  }));
  const request = new BulkWrite.RequestWrapper();
  request.setCharacterEncoding('UTF-8');
  request.setOperation(new Choice(operation));
  request.setResource([resource]);
  return (await new BulkWrite.BulkWriteOperations().createBulkWriteJob(request)).getObject();
}

const writeJob = async (id) =>
  (await new BulkWrite.BulkWriteOperations().getBulkWriteJobDetails(id)).getObject();

const completed = (id) => sandbox.passing(async () => {
  const job = await writeJob(id);
  return job.getStatus() === 'COMPLETED' && job;
}, 'the job', 30000);

describe('a bulk write', () => {
  test('inserts the rows of a file, and says what became of each', async () => {
    const uploaded = await upload(csv);
    assert.equal(uploaded.getCode().getValue(), 'FILE_UPLOAD_SUCCESS');
    const made = await write('insert', String(uploaded.getDetails().get('file_id')),
      { mappings: [['Last_Name', 0], ['Company', 1], ['Email', 2]] });
    assert.equal(made.getStatus().getValue(), 'success');
    const id = String(made.getDetails().get('id'));
    assert.equal((await writeJob(id)).getStatus(), 'ADDED');
    const job = await completed(id);
    const file = job.getResource()[0].getFile();
    assert.deepEqual([file.getAddedCount(), file.getUpdatedCount(), file.getSkippedCount(),
      file.getTotalCount()], [1, 0, 1, 2]);
    const [head, north, south] = await rowsOf(await new BulkWrite.BulkWriteOperations()
      .downloadBulkWriteResult(job.getResult().getDownloadUrl()));
    assert.equal(head, '"Last_Name","Company","Email","STATUS","ERRORS","RECORD_ID"');
    assert.match(north, /^"North",.*"ADDED","","\d{19}"$/);
    assert.match(south, /^"South",.*"SKIPPED","INVALID_DATA:Email",""$/);
  });

  test('upserts by a field that tells records apart', async () => {
    for (const [company, added, updated] of [['North Ltd', 1, 0], ['North plc', 0, 1]]) {
      const uploaded = await upload(`Last_Name,Company,Email\nNorth,${company},jo@n.example\n`);
      const made = await write('upsert', String(uploaded.getDetails().get('file_id')),
        { findBy: 'Email', mappings: [['Last_Name', 0], ['Company', 1], ['Email', 2]] });
      const file = (await completed(String(made.getDetails().get('id'))))
        .getResource()[0].getFile();
      assert.deepEqual([file.getAddedCount(), file.getUpdatedCount()], [added, updated]);
    }
  });

  test('is refused when a mandatory field is not mapped, or the file is not there', async () => {
    const uploaded = await upload(csv);
    const refused = await write('insert', String(uploaded.getDetails().get('file_id')),
      { mappings: [['Company', 1]] });
    assert.equal(refused.getCode().getValue(), 'MANDATORY_FIELDS_NOT_MAPPED');
    const nowhere = await write('insert', '5725767000097000099');
    assert.equal(nowhere.getCode().getValue(), 'RESOURCE_NOT_FOUND');
  });

  test('takes archives of CSV only', async () => {
    const refused = await upload('x', 'notes.txt');
    assert.equal(refused.getStatus().getValue(), 'error');
  });
});

// --- reading ---

async function read({ fields, criteria, token }) {
  const query = new BulkRead.Query();
  await query.setModule(moduleOf('Leads'));
  query.setFields(fields);
  if (criteria) await query.setCriteria(criteria);
  if (token) query.setPageToken(token);
  const body = new BulkRead.BodyWrapper();
  await body.setQuery(query);
  const answer = await new BulkRead.BulkReadOperations().createBulkReadJob(body);
  return answer.getObject().getData()[0];
}

const readDone = (id) => sandbox.passing(async () => {
  const answer = await new BulkRead.BulkReadOperations().getBulkReadJobDetails(BigInt(id));
  const [job] = answer.getObject().getData();
  return job.getState().getValue() === 'COMPLETED' && job;
}, 'the job', 30000);

const download = async (id) =>
  rowsOf(await new BulkRead.BulkReadOperations().downloadResult(BigInt(id)));

const seed = (count) => sandbox.control('/accounts/zoho/default/seed', { count });

describe('a bulk read', () => {
  test('gives the fields that were asked for, of the records that match', async () => {
    const uploaded = await upload(csv);
    await completed(String((await write('insert',
      String(uploaded.getDetails().get('file_id')))).getDetails().get('id')));
    const criteria = new BulkRead.Criteria();
    const field = new MinifiedField();
    field.setAPIName('Company');
    await criteria.setField(field);
    criteria.setComparator(new Choice('starts_with'));
    criteria.setValue('North');
    const made = await read({ fields: ['Last_Name', 'Email'], criteria });
    assert.equal(made.getCode().getValue(), 'ADDED_SUCCESSFULLY');
    const id = String(made.getDetails().get('id'));
    const job = await readDone(id);
    assert.equal(job.getResult().getCount(), 1);
    assert.equal(job.getResult().getMoreRecords(), false);
    assert.deepEqual(await download(id), ['"Last_Name","Email"', '"North","jo@north.example"']);
  });

  test('goes on with a token where a page ends', async () => {
    await seed(3);
    await sandbox.control('/accounts/zoho/default/settings', { switches: { bulk_read_rows: 2 } },
      'PATCH');
    const first = await readDone(String((await read({ fields: ['id'] })).getDetails().get('id')));
    assert.equal(first.getResult().getMoreRecords(), true);
    const token = first.getResult().getNextPageToken();
    const second = String((await read({ fields: ['id'], token })).getDetails().get('id'));
    assert.equal((await readDone(second)).getResult().getPage(), 2);
    assert.equal((await download(second)).length, 2); // the header, and the third record
  });
});
