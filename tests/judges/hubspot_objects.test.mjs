// HubSpot's objects beside contacts, companies and deals: leads, tickets, and what happened
// (calls, meetings, e-mails), written and read with HubSpot's own client.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import hubspot from '@hubspot/api-client';
import { Sandbox } from './harness.mjs';

const AT = '2026-02-03T10:00:00Z';

let sandbox, client, contact;
const to = (id, associationTypeId) =>
  [{ to: { id }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId }] }];

before(async () => {
  sandbox = await Sandbox.start();
  client = new hubspot.Client({ accessToken: 'pat-na1-sandbox-default',
    basePath: sandbox.url + '/hubspot' });
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  contact = (await client.crm.contacts.basicApi.create(
    { properties: { email: 'jo@north.example' }, associations: [] })).id;
});

describe('a lead', () => {
  const leads = () => client.crm.objects.leads.basicApi;
  const lead = { hs_lead_name: 'Jo North', hs_lead_type: 'NEW_BUSINESS', hs_lead_label: 'HOT' };

  test('belongs to a contact that is there', async () => {
    await assert.rejects(leads().create({ properties: lead, associations: [] }),
      (error) => error.code === 400 && error.body.category === 'VALIDATION_ERROR');
    const made = await leads().create({ properties: lead, associations: to(contact, 578) });
    const read = await leads().getById(made.id, ['hs_lead_name', 'hs_lead_label'], undefined,
      ['contacts']);
    assert.equal(read.properties.hs_lead_name, 'Jo North');
    assert.equal(read.associations.contacts.results[0].id, contact);
  });

  test('moves through the stages of its pipeline', async () => {
    const [pipeline] = (await client.crm.pipelines.pipelinesApi.getAll('leads')).results;
    const { id } = await leads().create({ properties: { ...lead, hs_pipeline: pipeline.id,
      hs_pipeline_stage: pipeline.stages[0].id }, associations: to(contact, 578) });
    const won = pipeline.stages.find((stage) => stage.label === 'Qualified').id;
    const now = await leads().update(id, { properties: { hs_pipeline_stage: won } });
    assert.equal(now.properties.hs_pipeline_stage, won);
    await assert.rejects(leads().update(id, { properties: { hs_pipeline_stage: 'closedwon' } }),
      { code: 400 });
    await leads().archive(id);
    await assert.rejects(leads().getById(id), { code: 404 });
  });
});

describe('what happened', () => {
  const kinds = {
    calls: [194, { hs_call_title: 'Asked for a demo', hs_call_direction: 'OUTBOUND',
      hs_call_status: 'COMPLETED', hs_call_duration: '65000' }],
    meetings: [200, { hs_meeting_title: 'Demo', hs_meeting_start_time: AT,
      hs_meeting_end_time: '2026-02-03T10:30:00Z', hs_meeting_outcome: 'SCHEDULED' }],
    emails: [198, { hs_email_subject: 'Your enquiry', hs_email_text: 'Hello Jo',
      hs_email_direction: 'EMAIL', hs_email_status: 'SENT' }],
  };

  for (const [kind, [type, properties]] of Object.entries(kinds))
    test(`is kept as ${kind}, with the contact`, async () => {
      const api = client.crm.objects[kind].basicApi;
      await assert.rejects(api.create({ properties, associations: [] }),
        (error) => error.code === 400 && error.body.errors[0].code === 'REQUIRED_FIELD');
      const { id } = await api.create({ properties: { hs_timestamp: AT, ...properties },
        associations: to(contact, type) });
      const read = await api.getById(id, Object.keys(properties), undefined, ['contacts']);
      assert.deepEqual(Object.fromEntries(Object.keys(properties).map(
        (name) => [name, read.properties[name]])), properties);
      assert.equal(read.associations.contacts.results[0].id, contact);
      await api.archive(id);
      await assert.rejects(api.getById(id), { code: 404 });
    });
});

test('a ticket is opened and closed', async () => {
  const tickets = client.crm.tickets.basicApi;
  const { id } = await tickets.create({ properties: { subject: 'No heating', hs_pipeline: '0',
    hs_pipeline_stage: '1' }, associations: to(contact, 16) });
  const now = await tickets.update(id, { properties: { hs_pipeline_stage: '4' } });
  assert.equal(now.properties.hs_pipeline_stage, '4');
});

describe('a file', () => {
  const column = (columnName, propertyName, columnType) =>
    ({ columnObjectTypeId: '0-1', columnName, propertyName, columnType });
  const importRequest = JSON.stringify({
    name: 'Spring fair', importOperations: { '0-1': 'UPSERT' },
    files: [{ fileName: 'fair.csv', fileFormat: 'CSV', fileImportPage: { hasHeader: true,
      columnMappings: [column('E-mail', 'email', 'HUBSPOT_ALTERNATE_ID'),
        column('First name', 'firstname')] } }],
  });
  const rows = 'First name,E-mail\nJo,jo@north.example\nAsha,asha@example.in\nBad,none\n';

  test('is imported as a job, with an error for each row that is wrong', async () => {
    const { coreApi, publicImportsApi } = client.crm.imports;
    const started = await coreApi.create({ data: Buffer.from(rows), name: 'fair.csv' },
      importRequest);
    assert.equal(started.state, 'STARTED');
    const done = await sandbox.passing(async () => {
      const now = await coreApi.getById(started.id);
      return now.state === 'DONE' && now;
    });
    assert.deepEqual(done.metadata.counters,
      { TOTAL_ROWS: 3, UPDATED_OBJECTS: 1, CREATED_OBJECTS: 1, TOTAL_ERRORS: 1 });
    const { results } = await publicImportsApi.getErrors(started.id);
    assert.deepEqual(results.map((e) => [e.errorType, e.sourceData.lineNumber]),
      [['INVALID_EMAIL', 4]]);
    const jo = await client.crm.contacts.basicApi.getById(contact, ['firstname']);
    assert.equal(jo.properties.firstname, 'Jo');
  });

  test('is not imported when that was canceled', async () => {
    const { coreApi } = client.crm.imports;
    const { id } = await coreApi.create({ data: Buffer.from(rows), name: 'fair.csv' },
      importRequest);
    await coreApi.cancel(id);
    assert.equal((await coreApi.getById(id)).state, 'CANCELED');
    assert.equal((await coreApi.getPage()).results.length, 1);
  });
});
