// HubSpot's webhooks: subscribed to with HubSpot's own client, and what is delivered judged
// by its own signature function.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import hubspot from '@hubspot/api-client';
import { Sandbox } from './harness.mjs';

const APP = 54321;
const SECRET = 'fairlead-sandbox-secret';
const ACCOUNT = '/accounts/hubspot/default';

let sandbox, receiver, client, developer;
const settings = (switches) => sandbox.control(ACCOUNT + '/settings', { switches }, 'PATCH');
const create = (email, more = {}) => client.crm.contacts.basicApi.create(
  { properties: { email, ...more }, associations: [] });
const subscribe = (eventType, more = {}) => developer.webhooks.subscriptionsApi.create(APP,
  { eventType, active: true, ...more });

// Takes what is posted; fails as often as it is told to. It answers once `together` posts
// are open, and tells how many were at most.
class Receiver {
  posts = [];
  failures = 0;
  together = 1;
  waiting = [];
  open = 0;
  most = 0;
  async start() {
    this.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => { body += bytes; });
      request.on('end', () => {
        this.posts.push({ url: this.url + request.url, headers: request.headers, body,
          events: JSON.parse(body) });
        response.statusCode = this.failures-- > 0 ? 500 : 204;
        this.most = Math.max(this.most, ++this.open);
        this.waiting.push(response);
        if (this.waiting.length >= this.together) this.answer();
      });
    });
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }
  answer() {
    const responses = this.waiting.splice(0);
    setTimeout(() => {
      this.open -= responses.length;
      for (const response of responses) response.end();
    }, 20);
  }
  // What a test before left open is answered first.
  async reset() {
    this.together = 1;
    this.answer();
    while (this.open) await new Promise((resolve) => setTimeout(resolve, 5));
    this.posts = [];
    this.failures = this.most = 0;
  }
  get events() { return this.posts.flatMap(({ events }) => events); }
  async until(count, step_ms = 500) {
    const end = Date.now() + 10000;
    while (this.events.length < count) {
      if (Date.now() > end) throw new Error(`${this.events.length} events, not ${count}`);
      await sandbox.control('/clock', { step_ms });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.events;
  }
  stop() { this.server.close(); this.server.closeAllConnections(); }
}

before(async () => {
  sandbox = await Sandbox.start();
  receiver = new Receiver();
  await receiver.start();
});
after(() => {
  receiver?.stop();
  return sandbox?.stop();
});
beforeEach(async () => {
  await sandbox.control('/reset', {});
  await receiver.reset();
  const basePath = sandbox.url + '/hubspot';
  client = new hubspot.Client({ accessToken: 'pat-na1-sandbox-default', basePath });
  developer = new hubspot.Client({ developerApiKey: 'fairlead-sandbox-hapikey', basePath });
  await settings({ webhooks_by_http: 1 });
  await developer.webhooks.settingsApi.configure(APP,
    { targetUrl: receiver.url + '/hooks?app=1', throttling: { maxConcurrentRequests: 10 } });
});

describe('an app', () => {
  test('says where its webhooks go', async () => {
    const told = await developer.webhooks.settingsApi.getAll(APP);
    assert.equal(told.targetUrl, receiver.url + '/hooks?app=1');
    assert.equal(told.throttling.maxConcurrentRequests, 10);
    await developer.webhooks.settingsApi.clear(APP);
    await assert.rejects(developer.webhooks.settingsApi.getAll(APP), { code: 404 });
    await settings({ webhooks_by_http: 0 });
    await assert.rejects(developer.webhooks.settingsApi.configure(APP, {
      targetUrl: receiver.url, throttling: { maxConcurrentRequests: 10 } }), { code: 400 });
  });

  test('subscribes, pauses and leaves', async () => {
    const made = await subscribe('contact.propertyChange', { propertyName: 'hs_lead_status' });
    assert.equal(made.propertyName, 'hs_lead_status');
    assert.equal(made.active, true);
    const { subscriptionsApi } = developer.webhooks;
    const paused = await subscriptionsApi.update(made.id, APP, { active: false });
    assert.equal(paused.active, false);
    const again = await subscriptionsApi.updateBatch(APP,
      { inputs: [{ id: Number(made.id), active: true }] });
    assert.deepEqual(again.results.map(({ active }) => active), [true]);
    assert.equal((await subscriptionsApi.getById(made.id, APP)).active, true);
    await subscriptionsApi.archive(made.id, APP);
    assert.deepEqual((await subscriptionsApi.getAll(APP)).results, []);
  });

  test('is refused what it cannot subscribe to, and with another key', async () => {
    await assert.rejects(subscribe('contact.propertyChange'), { code: 400 });
    await assert.rejects(subscribe('contact.creation', { propertyName: 'email' }), { code: 400 });
    await assert.rejects(subscribe('contact.laughter'), { code: 400 });
    developer.setDeveloperApiKey('none');
    await assert.rejects(subscribe('contact.creation'), { code: 401 });
  });
});

describe('a delivery', () => {
  test('has an event for each property, and for the record', async () => {
    await subscribe('contact.creation');
    await subscribe('contact.deletion');
    await subscribe('contact.propertyChange', { propertyName: 'hs_lead_status' });
    const { id } = await create('jo@north.example', { hs_lead_status: 'NEW' });
    await client.crm.contacts.basicApi.update(id,
      { properties: { hs_lead_status: 'OPEN', city: 'York' } });
    await client.crm.contacts.basicApi.archive(id);
    const events = await receiver.until(4);
    assert.deepEqual(events.map((event) => [event.subscriptionType, event.propertyValue]), [
      ['contact.creation', undefined], ['contact.propertyChange', 'NEW'],
      ['contact.propertyChange', 'OPEN'], ['contact.deletion', undefined]]);
    const [first] = events;
    assert.deepEqual([first.objectId, first.portalId, first.appId, first.changeFlag,
      first.attemptNumber, first.changeSource], [Number(id), 62515, APP, 'NEW', 0, 'API']);
    assert.equal(new Set(events.map(({ eventId }) => eventId)).size, 4);
  });

  test('tells of merges and of both ends of an association', async () => {
    await subscribe('contact.merge');
    await subscribe('contact.associationChange');
    await subscribe('company.associationChange');
    const a = await create('a@north.example');
    const b = await create('b@north.example');
    const firm = await client.crm.companies.basicApi.create(
      { properties: { name: 'North' }, associations: [] });
    await client.crm.associations.v4.basicApi.createDefault('contacts', a.id, 'companies',
      firm.id);
    await client.crm.contacts.basicApi.merge({ primaryObjectId: a.id, objectIdToMerge: b.id });
    const events = await receiver.until(3);
    const of = (type) => events.find(({ subscriptionType }) => subscriptionType === type);
    assert.deepEqual([of('contact.associationChange').associationType,
      of('company.associationChange').associationType],
    ['CONTACT_TO_COMPANY', 'COMPANY_TO_CONTACT']);
    assert.equal(of('contact.associationChange').toObjectId, Number(firm.id));
    assert.deepEqual(of('contact.merge').mergedObjectIds, [Number(b.id)]);
    assert.equal(of('contact.merge').newObjectId, Number(a.id));
  });

  test('holds a hundred events at most', async () => {
    await subscribe('contact.creation');
    for (const batch of ['a', 'b', 'c'])
      await client.crm.contacts.batchApi.create({ inputs: Array.from({ length: 50 }, (_, i) =>
        ({ properties: { email: `${batch}${i}@north.example` }, associations: [] })) });
    await receiver.until(150);
    assert.deepEqual(receiver.posts.map(({ events }) => events.length).sort(), [100, 50]);
  });

  for (const [limit, together] of [[1, 1], [3, 3]])
    test(`comes beside others as often as the app allows: ${limit}`, async () => {
      await developer.webhooks.settingsApi.configure(APP, { targetUrl: receiver.url + '/hooks',
        throttling: { maxConcurrentRequests: limit } });
      await subscribe('contact.creation');
      receiver.together = together;
      for (let batch = 0; batch < 6; batch++)
        await client.crm.contacts.batchApi.create({ inputs: Array.from({ length: 100 }, (_, i) =>
          ({ properties: { email: `${batch}x${i}@north.example` }, associations: [] })) });
      await receiver.until(600);
      assert.equal(receiver.most, limit);
    });

  test('that fails comes again, numbered', async () => {
    await subscribe('contact.creation');
    receiver.failures = 2;
    await create('jo@north.example');
    const events = await receiver.until(3, 60000);
    assert.deepEqual(events.map(({ attemptNumber }) => attemptNumber), [0, 1, 2]);
    assert.equal(new Set(events.map(({ eventId }) => eventId)).size, 1);
    const { webhooks } = await sandbox.control('/webhooks?vendor=hubspot');
    assert.equal(webhooks.length, 1);
  });

  test('may come twice and out of order', async () => {
    await settings({ webhooks_repeat: 1, webhooks_shuffle: 1 });
    await subscribe('contact.creation');
    const { id } = await create('a@north.example');
    const later = await create('b@north.example');
    const events = await receiver.until(4);
    assert.deepEqual(events.map(({ objectId }) => String(objectId)),
      [later.id, later.id, id, id]);
  });
});

describe('the signature', () => {
  const isValid = (post, signatureVersion, more = {}) => hubspot.Signature.isValid({
    method: 'POST', signatureVersion, clientSecret: SECRET, url: post.url,
    requestBody: post.body, signature: post.headers['x-hubspot-signature' +
      (signatureVersion === 'v3' ? '-v3' : '')],
    timestamp: Number(post.headers['x-hubspot-request-timestamp']), ...more });
  const delivery = async () => {
    await subscribe('contact.creation');
    await create('jo@north.example');
    await receiver.until(1);
    return receiver.posts[0];
  };

  test('of a delivery is right in v1 and v3', async () => {
    const post = await delivery();
    assert.equal(post.headers['x-hubspot-signature-version'], 'v1');
    assert.equal(isValid(post, 'v1'), true);
    assert.equal(isValid(post, 'v3'), true);
    assert.equal(isValid(post, 'v1', { clientSecret: 'another' }), false);
    assert.equal(isValid(post, 'v3', { requestBody: post.body + ' ' }), false);
    assert.equal(isValid(post, 'v3', { url: receiver.url }), false);
  });

  test('of a delivery is right in v2, where the app is given that', async () => {
    await settings({ webhook_signature: 2 });
    const post = await delivery();
    assert.equal(post.headers['x-hubspot-signature-version'], 'v2');
    assert.equal(isValid(post, 'v2'), true);
    assert.equal(isValid(post, 'v3'), true);
    assert.equal(isValid(post, 'v2', { url: receiver.url }), false);
  });

  test('is over the address as a receiver reads it, escapes undone', async () => {
    await developer.webhooks.settingsApi.configure(APP, {
      targetUrl: receiver.url + '/hooks?to=a%40b%2Fc%20d',
      throttling: { maxConcurrentRequests: 10 } });
    const post = await delivery();
    assert.equal(isValid(post, 'v3', { url: receiver.url + '/hooks?to=a@b/c%20d' }), true);
    assert.equal(isValid(post, 'v3'), false);
  });

  // The values are the ones that our receiver is tested against.
  const said = { clientSecret: 's3cret', url: 'https://f.example/h', requestBody: '[]',
    timestamp: 1769000000000 };
  const rows = {
    v1: '3ab1a0c9f6504498b78b004bf1de327095f9b599a13da2536989d960e10f33e0',
    v2: 'ab70fed5e9c52297a000d9318a73d0192cc4dfc0a5a765db1d72c7a46b22c3dc',
    v3: 'NoZtGCbcyGpcQhvAKEC1AL/Wv80rl0wUdIbxz2zDJ7Q=',
  };
  for (const [version, signature] of Object.entries(rows))
    test(`is what the fact sheet says: ${version}`, () =>
      assert.equal(hubspot.Signature.getSignature('POST', version, said), signature));
});
