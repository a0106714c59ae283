// Pipedrive's API, a page to read: every call is made with Pipedrive's own client. Persons,
// organizations, deals, activities, fields and searches are v2; leads, notes, users and
// webhooks are v1 still, so a lead connector speaks both.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { v1, v2 } from 'pipedrive';
import { Sandbox } from './harness.mjs';

const TOKEN = '5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a4db';
const ACCOUNT = '/accounts/pipedrive/default';

let sandbox, persons, leads;
const modern = (Api, more = { apiKey: TOKEN }) => new Api(new v2.Configuration(
  { ...more, basePath: sandbox.url + '/pipedrive/api/v2' }));
const legacy = (Api) => new Api(new v1.Configuration(
  { apiKey: TOKEN, basePath: sandbox.url + '/pipedrive/v1' }));
const settings = (body) => sandbox.control(ACCOUNT + '/settings', body, 'PATCH');

// The client rejects with the body of the refusal.
const says = (words) => (body) => body.success === false && words.test(body.error);
const work = (value) => [{ value, primary: true, label: 'work' }];
const addPerson = async (name, email, more = {}) => (await persons.addPerson(
  { AddPersonRequest: { name, emails: work(email), ...more } })).data;
const addLead = async (title, more) => (await leads.addLead(
  { AddLeadRequest: { title, ...more } })).data;
const find = async (term, more = {}) => (await persons.searchPersons(
  { term, fields: 'email', exact_match: true, ...more })).data.items.map((i) => i.item);
const addField = async (Api, request, name, type, more = {}) => (await modern(Api)[
  'add' + request]({ [`Add${request}Request`]:
  { field_name: name, field_type: type, ...more } })).data;

before(async () => {
  sandbox = await Sandbox.start();
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  await settings({ limits: { burst: 1000, search: 1000 } });
  persons = modern(v2.PersonsApi);
  leads = legacy(v1.LeadsApi);
});

describe('a person', () => {
  test('is created, read, updated and deleted', async () => {
    const made = await addPerson('Jo North', 'jo@north.example',
      { phones: work('+442079460000') });
    assert.equal(made.first_name, 'Jo');
    assert.equal(made.last_name, 'North');
    assert.equal(made.owner_id, 9);
    assert.match(made.add_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const now = await persons.updatePerson(
      { id: made.id, UpdatePersonRequest: { owner_id: 11 } });
    assert.equal(now.data.owner_id, 11);
    assert.deepEqual(now.data.emails, work('jo@north.example'));
    const gone = await persons.deletePerson({ id: made.id });
    assert.equal(gone.data.id, made.id);
    await assert.rejects(persons.getPerson({ id: made.id }), {
      success: false, error: 'Entity was not found', error_info: 'Object was not found.' });
  });

  test('may be there twice: nothing is refused as a duplicate', async () => {
    const a = await addPerson('Jo North', 'jo@north.example');
    const b = await addPerson('Jo North', 'jo@north.example');
    assert.notEqual(a.id, b.id);
    assert.equal((await find('JO@north.example')).length, 2);
  });

  test('with a wrong type, or a job title, is refused', async () => {
    await assert.rejects(addPerson('Jo', 'jo@north.example', { owner_id: '9' }),
      says(/owner_id/));
    await assert.rejects(addPerson('Jo', 'jo@north.example', { job_title: 'Buyer' }),
      says(/contact sync/));
    await assert.rejects(persons.addPerson({ AddPersonRequest: { emails: [] } }),
      says(/name: Required/));
  });

  test('is listed page by page, with a cursor', async () => {
    for (let i = 1; i <= 5; i++) await addPerson(`P ${i}`, `p${i}@north.example`);
    const names = [];
    let cursor, pages = 0;
    do {
      const page = await persons.getPersons({ limit: 2, cursor, sort_by: 'id' });
      names.push(...page.data.map((p) => p.name));
      cursor = page.additional_data.next_cursor;
      pages++;
    } while (cursor);
    assert.deepEqual(names, ['P 1', 'P 2', 'P 3', 'P 4', 'P 5']);
    assert.equal(pages, 3);
    await assert.rejects(persons.getPersons({ cursor: 'made-up' }), says(/cursor/));
  });

  test('is polled by updated_since, which includes its second', async () => {
    await addPerson('Old', 'old@north.example');
    await sandbox.control('/clock', { step_ms: 60000 });
    const { update_time: since } = await addPerson('New', 'new@north.example');
    const poll = (more) => persons.getPersons({ sort_by: 'update_time',
      sort_direction: 'asc', ...more });
    assert.deepEqual((await poll({ updated_since: since })).data.map((p) => p.name), ['New']);
    assert.deepEqual((await poll({ updated_until: since })).data.map((p) => p.name), ['Old']);
    await assert.rejects(poll({ updated_since: since.replace('Z', '.000Z') }),
      says(/updated_since/));
  });

  test('many are read by id; those that are not there are left out', async () => {
    const { id } = await addPerson('Jo', 'jo@north.example');
    const read = await persons.getPersons({ ids: `${id},999999` });
    assert.deepEqual(read.data.map((p) => p.id), [id]);
  });

  test('is merged: the path goes, merge_with_id stays', async () => {
    const a = await addPerson('Jo North', 'a@north.example');
    const b = await addPerson('Jo N.', 'b@north.example');
    const merged = await legacy(v1.PersonsApi).mergePersons(
      { id: a.id, MergePersonsRequest: { merge_with_id: b.id } });
    assert.equal(merged.data.id, b.id);
    assert.equal(merged.data.name, 'Jo N.');
    await assert.rejects(persons.getPerson({ id: a.id }), { success: false });
  });
});

describe('searching', () => {
  test('finds a person by address, exactly and in part', async () => {
    const { id } = await addPerson('Jo North', 'jo@north.example');
    const [item] = await find('jo@north.example');
    assert.equal(item.id, id);
    assert.deepEqual(item.emails, ['jo@north.example']);
    assert.equal(item.type, 'person');
    assert.equal((await find('north', { exact_match: false })).length, 1);
    assert.equal((await find('north')).length, 0);
    await assert.rejects(find('x', { exact_match: false }), says(/term/));
  });

  test('lags behind what was written', async () => {
    await settings({ search_lag_ms: 5000 });
    await addPerson('Jo', 'jo@north.example');
    assert.equal((await find('jo@north.example')).length, 0);
    await sandbox.control('/clock', { step_ms: 6000 });
    assert.equal((await find('jo@north.example')).length, 1);
  });

  test('by a key of ours minds the case', async () => {
    const field = await addField(v2.PersonFieldsApi, 'PersonField', 'Fairlead id', 'varchar');
    const { id } = await addPerson('Jo', 'jo@north.example',
      { custom_fields: { [field.field_code]: 'FL01' } });
    const search = (term) => modern(v2.ItemSearchApi).searchItemByField(
      { term, entity_type: 'person', field: field.field_code, match: 'exact' });
    assert.equal((await search('FL01')).data[0].id, id);
    assert.deepEqual((await search('fl01')).data, []);
  });

  test('several types are searched at once', async () => {
    const { id } = await addPerson('Jo North', 'jo@north.example');
    await addLead('North enquiry', { person_id: id });
    const found = await modern(v2.ItemSearchApi).searchItem(
      { term: 'north', item_types: 'person,lead' });
    assert.deepEqual(found.data.items.map((i) => i.item.type), ['person', 'lead']);
  });
});

describe('fields', () => {
  test('have a code that differs per account; values are nested under it', async () => {
    const score = await addField(v2.PersonFieldsApi, 'PersonField', 'Fit score', 'double');
    assert.match(score.field_code, /^[0-9a-f]{40}$/);
    assert.equal(score.is_custom_field, true);
    const made = await addPerson('Jo', 'jo@north.example',
      { custom_fields: { [score.field_code]: 72 } });
    assert.equal(made.custom_fields[score.field_code], 72);
    await assert.rejects(addPerson('Jo', 'j@north.example',
      { custom_fields: { [score.field_code]: '72' } }),
    (body) => body.field_code === score.field_code && /Expected number/.test(body.error));
  });

  test('with options take the number of one, and null to clear', async () => {
    const field = await addField(v2.PersonFieldsApi, 'PersonField', 'Source', 'enum',
      { options: [{ label: 'Inbound' }, { label: 'Outbound' }] });
    const code = field.field_code;
    assert.deepEqual(field.options.map((o) => o.id), [1, 2]);
    const made = await addPerson('Jo', 'jo@north.example', { custom_fields: { [code]: 2 } });
    const read = await persons.getPerson({ id: made.id, include_option_labels: true });
    assert.deepEqual(read.data.custom_fields[code], { id: 2, label: 'Outbound' });
    const bad = { id: made.id, UpdatePersonRequest: { custom_fields: { [code]: 3 } } };
    await assert.rejects(persons.updatePerson(bad), says(/option/));
    bad.UpdatePersonRequest.custom_fields[code] = null;
    assert.equal((await persons.updatePerson(bad)).data.custom_fields[code], null);
  });

  test('are renamed, given more options, and deleted', async () => {
    const Api = v2.PersonFieldsApi;
    const tier = await addField(Api, 'PersonField', 'Tier', 'enum',
      { options: [{ label: 'Gold' }] });
    const api = modern(Api);
    const renamed = await api.updatePersonField({ field_code: tier.field_code,
      UpdatePersonFieldRequest: { field_name: 'Level' } });
    assert.equal(renamed.data.field_name, 'Level');
    const { data } = await api.addPersonFieldOptions({ field_code: tier.field_code,
      AddDealFieldOptionsRequestInner: [{ label: 'Silver' }] });
    assert.deepEqual(data.map(({ label }) => label), ['Silver'], 'the new ones only');
    const silver = data[0].id;
    const { id } = await addPerson('Jo', 'jo@north.example',
      { custom_fields: { [tier.field_code]: silver } });
    assert.equal((await persons.getPerson({ id })).data.custom_fields[tier.field_code], silver);
    await api.deletePersonField({ field_code: tier.field_code });
    await assert.rejects(api.getPersonField({ field_code: tier.field_code }),
      { success: false });
    await assert.rejects(addPerson('Ann', 'ann@north.example',
      { custom_fields: { [tier.field_code]: silver } }), { success: false });
  });

  test('of leads are those of deals, under the same codes', async () => {
    const score = await addField(v2.DealFieldsApi, 'DealField', 'Score', 'double');
    const { data } = await legacy(v1.LeadFieldsApi).getLeadFields();
    const field = data.find(({ key }) => key === score.field_code);
    assert.deepEqual([field.name, field.field_type], ['Score', 'double']);
  });

  test('are listed with what is standard', async () => {
    const list = await modern(v2.PersonFieldsApi).getPersonFields({ limit: 500 });
    const name = list.data.find((f) => f.field_code === 'name');
    assert.equal(name.field_type, 'varchar');
    assert.equal(name.is_custom_field, false);
    assert.equal(list.additional_data.next_cursor, null);
  });
});

describe('a lead', () => {
  test('hangs on a person; its custom fields are those of deals, flat', async () => {
    const field = await addField(v2.DealFieldsApi, 'DealField', 'Campaign', 'varchar');
    const jo = await addPerson('Jo', 'jo@north.example');
    const made = await addLead('Jo - demo', { person_id: jo.id, origin_id: 'fairlead:01',
      value: { amount: 1200, currency: 'EUR' }, [field.field_code]: 'spring' });
    assert.match(made.id, /^[0-9a-f-]{36}$/);
    assert.equal(made.source_name, 'API');
    assert.equal(made[field.field_code], 'spring');
    assert.equal(made.visible_to, '3');
    assert.match(made.add_time, /\.\d{3}Z$/);
    assert.equal('expected_close_date' in made, false);
  });

  test('without a person or organization is refused', async () => {
    await assert.rejects(addLead('Nobody', {}), says(/person/));
    await assert.rejects(addLead('Half', { person_id: 1, value: { amount: 1 } }));
  });

  test('is hidden from the list once archived', async () => {
    const jo = await addPerson('Jo', 'jo@north.example');
    const { id } = await addLead('A', { person_id: jo.id });
    await addLead('B', { person_id: jo.id });
    await leads.updateLead({ id, UpdateLeadRequest: { is_archived: true } });
    const list = await leads.getLeads({ limit: 1 });
    assert.deepEqual(list.data.map((l) => l.title), ['B']);
    assert.equal(list.additional_data.pagination.more_items_in_collection, false);
    assert.deepEqual((await leads.getArchivedLeads()).data.map((l) => l.title), ['A']);
  });

  test('becomes a deal, and its notes go along', async () => {
    const jo = await addPerson('Jo', 'jo@north.example');
    const { id } = await addLead('Jo - demo', { person_id: jo.id });
    const notes = legacy(v1.NotesApi);
    const note = await notes.addNote({ AddNoteRequest: { content: '<p>Hi</p>', lead_id: id } });
    const api = modern(v2.LeadsApi);
    const { data: job } = await api.convertLeadToDeal({ id,
      ConvertLeadToDealRequest: { stage_id: 2 } });
    const { data: done } = await api.getLeadConversionStatus(
      { id, conversion_id: job.conversion_id });
    assert.equal(done.status, 'completed');
    const deal = (await modern(v2.DealsApi).getDeal({ id: done.deal_id })).data;
    assert.equal(deal.source_lead_id, id);
    assert.equal(deal.stage_id, 2);
    await assert.rejects(leads.getLead({ id }), { error: 'requested lead not found' });
    assert.equal((await notes.getNote({ id: note.data.id })).data.deal_id, deal.id);
  });
});

describe('around it', () => {
  test('organizations and deals are linked by number', async () => {
    const org = await modern(v2.OrganizationsApi).addOrganization(
      { AddOrganizationRequest: { name: 'North Ltd' } });
    const jo = await addPerson('Jo', 'jo@north.example', { org_id: org.data.id });
    const deals = modern(v2.DealsApi);
    const made = await deals.addDeal({ AddDealRequest: { title: 'North', person_id: jo.id,
      org_id: org.data.id, value: 1200, currency: 'EUR' } });
    assert.equal(made.data.status, 'open');
    assert.equal(made.data.pipeline_id, 1);
    await deals.deleteDeal({ id: made.data.id });
    assert.equal((await deals.getDeals({ status: 'deleted' })).data[0].id, made.data.id);
    await assert.rejects(deals.addDeal({ AddDealRequest: { person_id: jo.id } }), says(/title/));
  });

  test('activities name people as participants', async () => {
    const jo = await addPerson('Jo', 'jo@north.example');
    const activities = modern(v2.ActivitiesApi);
    const made = await activities.addActivity({ AddActivityRequest: { subject: 'Call Jo',
      type: 'call', due_date: '2026-02-04',
      participants: [{ person_id: jo.id, primary: true }] } });
    assert.equal(made.data.person_id, jo.id);
    assert.equal(made.data.done, false);
    const done = await activities.updateActivity(
      { id: made.data.id, AddActivityRequest: { done: true } });
    assert.equal(done.data.done, true);
    await assert.rejects(activities.addActivity(
      { AddActivityRequest: { subject: 'x', type: 'smoke signal' } }), says(/activity type/));
  });

  test('notes keep times of their own kind', async () => {
    const jo = await addPerson('Jo', 'jo@north.example');
    const notes = legacy(v1.NotesApi);
    const made = await notes.addNote(
      { AddNoteRequest: { content: '<p>Asked</p>', person_id: jo.id } });
    assert.match(made.data.add_time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.equal(made.data.user.name, 'Rae Rep');
    await notes.updateNote({ id: made.data.id, NoteRequest: { content: '<p>Twice</p>' } });
    const list = await notes.getNotes({ person_id: jo.id });
    assert.equal(list.data[0].content, '<p>Twice</p>');
    await notes.deleteNote({ id: made.data.id });
    await assert.rejects(notes.addNote({ AddNoteRequest: { content: 'loose' } }), says(/attached/));
  });

  test('users, pipelines and labels are read', async () => {
    const users = legacy(v1.UsersApi);
    const me = await users.getCurrentUser();
    assert.equal(me.data.id, 9);
    assert.equal(me.data.company_domain, 'default-sandbox');
    const found = await users.findUsersByName(
      { term: 'sam@acme.example', search_by_email: 1 });
    assert.equal(found.data[0].id, 11);
    assert.equal((await users.getUsers()).data.filter((u) => !u.active_flag).length, 1);
    assert.equal((await modern(v2.StagesApi).getStages({ pipeline_id: 1 })).data.length, 3);
    assert.equal((await legacy(v1.LeadLabelsApi).getLeadLabels()).data[0].name, 'Hot');
  });
});

describe('credentials', () => {
  const app = () => new v2.OAuth2Configuration({ clientId: 'fairlead-sandbox-app',
    clientSecret: 'fairlead-sandbox-secret', redirectUri: 'http://127.0.0.1/callback',
    host: sandbox.url + '/pipedrive' });
  const approve = async (config) => {
    const answer = await fetch(config.authorizationUrl + '&state=s1&sandbox_approve=default',
      { redirect: 'manual' });
    const back = new URL(answer.headers.get('location'));
    assert.equal(back.searchParams.get('state'), 's1');
    return back.searchParams.get('code');
  };

  test('an app is approved, and its code works once', async () => {
    const config = app();
    const code = await approve(config);
    const token = await config.authorize(code);
    assert.equal(token.expires_in, 3599);
    assert.match(token.access_token, /^v1u:/);
    assert.match(token.refresh_token, /^1:1:[0-9a-f]{40}$/);
    assert.equal(token.api_domain, sandbox.url + '/pipedrive');
    const api = new v2.PersonsApi(new v2.Configuration(
      { accessToken: config.getAccessToken, basePath: config.basePath }));
    assert.deepEqual((await api.getPersons({})).data, []);
    await assert.rejects(app().authorize(code),
      { message: 'Invalid grant: authorization_code is invalid' });
  });

  test('a refresh token is good once', async () => {
    const config = app();
    await config.authorize(await approve(config));
    const first = config.refreshToken;
    await config.tokenRefresh();
    assert.notEqual(config.refreshToken, first);
    config.refreshToken = first;
    await assert.rejects(config.tokenRefresh(),
      { message: 'Invalid grant: refresh_token is invalid' });
  });

  test('of two refreshes at once one wins, and its tokens live', async () => {
    const config = app(), other = app();
    await config.authorize(await approve(config));
    other.updateToken({ ...config.toToken?.(), access_token: config.accessToken,
      refresh_token: config.refreshToken, expires_in: 3599, scope: config.scope,
      api_domain: config.host });
    const both = await Promise.allSettled([config.tokenRefresh(), other.tokenRefresh()]);
    const [won, lost] = both.sort((a, b) => a.status < b.status ? -1 : 1);
    assert.deepEqual([won.status, lost.status], ['fulfilled', 'rejected']);
    assert.equal(lost.reason.message, 'Invalid grant: refresh_token is invalid');
    const api = modern(v2.PersonsApi, { accessToken: won.value.access_token });
    assert.deepEqual((await api.getPersons({})).data, []);
  });

  test('a token that is over, or revoked, is unauthorized', async () => {
    const config = app();
    const { access_token: accessToken } = await config.authorize(await approve(config));
    const api = modern(v2.PersonsApi, { accessToken });
    await api.getPersons({});
    await sandbox.control('/clock', { step_ms: 3600000 });
    await assert.rejects(api.getPersons({}), { error: 'unauthorized access', errorCode: 401 });
    await config.revokeToken('refresh_token');
    await assert.rejects(config.tokenRefresh(), { error: 'invalid_grant' });
    await assert.rejects(modern(v2.PersonsApi, { apiKey: 'nope' }).getPersons({}),
      { errorCode: 401 });
  });
});

describe('limits', () => {
  test('each token has twenty calls in two seconds; then 429', async () => {
    await settings({ limits: { burst: 2 } });
    await persons.getPersons({});
    await persons.getPersons({});
    await assert.rejects(persons.getPersons({}), { success: false, errorCode: 429 });
    await sandbox.control('/clock', { step_ms: 2100 });
    await persons.getPersons({});
  });

  test('a search costs twenty of the day, a read one', async () => {
    const left = async (path) => {
      const answer = await fetch(sandbox.url + '/pipedrive/api' + path,
        { headers: { 'x-api-token': TOKEN } });
      return Number(answer.headers.get('x-daily-ratelimit-token-remaining'));
    };
    const start = await left('/v1/users/me');
    assert.equal(start - await left('/v2/persons/search?term=jo'), 20);
    assert.equal(start - await left('/v2/persons'), 30);
  });
});
