// Pipedrive's webhooks: subscribed to with Pipedrive's own client (v1 still), and what is
// delivered of what its v2 writes.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { v1, v2 } from 'pipedrive';
import { Sandbox } from './harness.mjs';

const TOKEN = '5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a4db';
const ACCOUNT = '/accounts/pipedrive/default';

let sandbox, persons;
const legacy = (Api) => new Api(new v1.Configuration(
  { apiKey: TOKEN, basePath: sandbox.url + '/pipedrive/v1' }));
const settings = (body) => sandbox.control(ACCOUNT + '/settings', body, 'PATCH');
const addPerson = async (name, email) => (await persons.addPerson(
  { AddPersonRequest: { name, emails: [{ value: email, primary: true, label: 'work' }] } })).data;

before(async () => {
  sandbox = await Sandbox.start();
  persons = new v2.PersonsApi(new v2.Configuration(
    { apiKey: TOKEN, basePath: sandbox.url + '/pipedrive/api/v2' }));
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  await settings({ limits: { burst: 1000, search: 1000 } });
});

describe('webhooks', () => {
  const listen = async (answers) => {
    const seen = [];
    const server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => { body += bytes; });
      request.on('end', () => {
        response.statusCode = answers.shift() ?? 200;
        response.end();
        seen.push({ auth: request.headers.authorization, ...JSON.parse(body) });
        server.emit('event');
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const until = async (count) => {
      while (seen.length < count) await new Promise((r) => server.once('event', r));
      return seen;
    };
    return { server, until, url: `http://127.0.0.1:${server.address().port}/pd` };
  };
  const subscribe = (url, more = {}) => legacy(v1.WebhooksApi).addWebhook(
    { AddWebhookRequest: { subscription_url: url, event_action: '*', event_object: 'person',
      name: 'Fairlead', version: '2.0', http_auth_user: 'u', http_auth_password: 'p',
      ...more } });

  test('tell what changed, with basic credentials instead of a signature', async () => {
    const { server, until, url } = await listen([]);
    await settings({ switches: { webhooks_by_http: 1 } });
    const hook = await subscribe(url);
    assert.equal(hook.status, 'ok');
    assert.equal(hook.data.is_active, 1);
    const { id } = await addPerson('Jo', 'jo@north.example');
    await until(1);
    await persons.updatePerson({ id, UpdatePersonRequest: { owner_id: 11 } });
    await until(2);
    await persons.deletePerson({ id });
    const [made, changed, deleted] = await until(3);
    server.close();
    assert.equal(made.auth, 'Basic ' + Buffer.from('u:p').toString('base64'));
    assert.equal(made.meta.action, 'create');
    assert.equal(made.previous, null);
    assert.equal(made.data.emails[0].value, 'jo@north.example');
    assert.equal(changed.meta.action, 'change');
    assert.equal(changed.meta.entity_id, id);
    assert.deepEqual(changed.previous, { owner_id: 9 });
    assert.equal(deleted.meta.action, 'delete');
    assert.equal(deleted.data, null);
    assert.equal(deleted.previous.name, 'Jo');
  });

  test('of a merge are one deletion and one change, each naming the other', async () => {
    const { server, until, url } = await listen([]);
    await settings({ switches: { webhooks_by_http: 1, webhook_typed_custom: 1 } });
    const a = await addPerson('Jo', 'jo@north.example'), b = await addPerson('Jo N.', 'j@n.example');
    const score = (await new v2.PersonFieldsApi(new v2.Configuration({ apiKey: TOKEN,
      basePath: sandbox.url + '/pipedrive/api/v2' })).addPersonField(
      { AddPersonFieldRequest: { field_name: 'Score', field_type: 'double' } })).data.field_code;
    await persons.updatePerson({ id: a.id, UpdatePersonRequest: { custom_fields: { [score]: 7 } } });
    await subscribe(url);
    await legacy(v1.PersonsApi).mergePersons(
      { id: a.id, MergePersonsRequest: { merge_with_id: b.id } });
    const events = await until(2);
    server.close();
    const of = (action) => events.find(({ meta }) => meta.action === action);
    assert.deepEqual([of('delete').meta.entity_id, of('delete').meta.merged_to_id], [a.id, b.id]);
    assert.deepEqual([of('change').meta.entity_id, of('change').meta.merged_from_id], [b.id, a.id]);
    assert.deepEqual(of('change').data.custom_fields[score], { type: 'double', value: 7 });
  });

  test('are tried again after 3, 30 and 150 seconds', async () => {
    const { server, until, url } = await listen([500, 500, 500]);
    await settings({ switches: { webhooks_by_http: 1 } });
    await subscribe(url);
    await addPerson('Jo', 'jo@north.example');
    for (const [count, ms] of [[1, 3000], [2, 30000], [3, 150000]]) {
      await until(count);
      let due = false;
      while (!due) {
        const { webhooks } = await sandbox.control('/webhooks');
        due = webhooks[0].attempts === count && webhooks[0].state === 'due';
      }
      await sandbox.control('/clock', { step_ms: ms });
    }
    const seen = await until(4);
    server.close();
    assert.deepEqual(seen.map((e) => e.meta.attempt), [1, 2, 3, 4]);
  });

  // First attempts that fail are counted; the receiver here always fails.
  const failing = async () => {
    const { server, url } = await listen(Array(100).fill(500));
    await settings({ switches: { webhooks_by_http: 1 }, limits: { burst: 1000 } });
    const { data } = await subscribe(url);
    const tried = async () => (await sandbox.control('/webhooks')).webhooks;
    const fail = async (count) => {
      for (let i = 0; i < count; i++) await addPerson(`P${i}`, `p${i}@north.example`);
      while ((await tried()).some(({ attempts }) => attempts === 0))
        await new Promise((resolve) => setTimeout(resolve, 10));
    };
    return { server, data, tried, fail };
  };

  test('are not sent for half an hour after ten that failed', async () => {
    const { server, tried, fail } = await failing();
    await fail(10);
    await addPerson('Jo', 'jo@north.example');
    assert.equal((await tried()).length, 10, 'banned');
    await sandbox.control('/clock', { step_ms: 1800000 });
    await addPerson('Ann', 'ann@north.example');
    server.close();
    assert.equal((await tried()).length, 11);
  });

  test('end after three days without a success', async () => {
    const { server, data, fail } = await failing();
    await fail(1);
    const hooks = legacy(v1.WebhooksApi);
    const listed = async () => (await hooks.getWebhooks()).data.map(({ id }) => id);
    assert.deepEqual(await listed(), [data.id]);
    await sandbox.control('/clock', { step_ms: 3 * 86400000 + 1000 });
    await addPerson('Jo', 'jo@north.example');
    server.close();
    assert.deepEqual(await listed(), []);
  });

  test('need https, and end when they are deleted', async () => {
    await assert.rejects(subscribe('http://f.example/x'), { status: 'error',
      errors: { subscription_url: ['invalid or non-reachable URL'] } });
    const { data } = await subscribe('https://f.example/x');
    const hooks = legacy(v1.WebhooksApi);
    await hooks.deleteWebhook({ id: data.id });
    assert.deepEqual((await hooks.getWebhooks()).data, []);
  });
});
