// Meta's Graph API. Lead Ads are judged by Meta's own Business SDK; WhatsApp's Cloud API has no
// client of Meta's that sends to it, so the requests of its fact sheet are written out here.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import bizSdk from 'facebook-nodejs-business-sdk';
import { Sandbox } from './harness.mjs';

const { FacebookAdsApi, Lead, LeadgenForm, Page, User } = bizSdk;
const ACCOUNT = '/accounts/meta/default';
const ASHA = '919876543210';
let sandbox, receiver, credentials, page, form, number, waba;

// Takes what Meta posts: answers the handshake, checks signatures.
class Receiver {
  posts = [];
  verifyToken = 'mine';
  status = 200;
  async start() {
    this.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => { body += bytes; });
      request.on('end', () => {
        const url = new URL(request.url, this.url);
        if (request.method === 'GET') {
          const fits = url.searchParams.get('hub.mode') === 'subscribe' &&
            url.searchParams.get('hub.verify_token') === this.verifyToken;
          response.writeHead(fits ? 200 : 403, { 'Content-Type': 'text/plain' });
          response.end(fits ? url.searchParams.get('hub.challenge') : '');
          return;
        }
        const mac = crypto.createHmac('sha256', credentials.app_secret).update(body).digest('hex');
        this.posts.push({ text: body, body: JSON.parse(body),
          isSigned: request.headers['x-hub-signature-256'] === 'sha256=' + mac });
        response.writeHead(this.status);
        response.end();
      });
    });
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/hook`;
  }
  // The changes of all posts, in order.
  changes() {
    return this.posts.flatMap((post) => post.body.entry.flatMap((entry) => entry.changes));
  }
  stop() { this.server.close(); this.server.closeAllConnections(); }
}

async function graph(method, path, { token = credentials.page_token, json, ...params } = {}) {
  const query = new URLSearchParams(method === 'POST' ? {} : params);
  const answer = await fetch(`${sandbox.url}/meta/v26.0${path}?${query}`, {
    method,
    headers: { Authorization: `Bearer ${token}`,
      ...(json ? { 'Content-Type': 'application/json' } : {}) },
    body: json ? JSON.stringify(json) : method === 'POST' ? new URLSearchParams(params) : undefined,
  });
  return { status: answer.status, headers: answer.headers, ...await answer.json() };
}
const passing = (...what) => sandbox.passing(...what);
async function subscribe(object, fields) {
  const appToken = `${credentials.app_id}|${credentials.app_secret}`;
  await graph('POST', `/${credentials.app_id}/subscriptions`, { token: appToken, object, fields,
    callback_url: receiver.url, verify_token: 'mine' });
  await passing(async () => (await graph('GET', `/${credentials.app_id}/subscriptions`,
    { token: appToken })).data.some((one) => one.object === object && one.active), 'the handshake');
}
const addLead = (more) => sandbox.control(`${ACCOUNT}/records/leads`, { form_id: form,
  ad_id: '660001112223334', platform: 'ig', is_organic: false,
  field_data: [{ name: 'full_name', values: ['Zoë Rao'] }], ...more });

before(async () => {
  sandbox = await Sandbox.start();
  receiver = new Receiver();
  await receiver.start();
  Object.defineProperty(FacebookAdsApi, 'GRAPH', { get: () => sandbox.url + '/meta' });
});
after(async () => {
  receiver?.stop();
  await sandbox?.stop();
});
beforeEach(async () => {
  await sandbox.control('/reset', {});
  ({ credentials } = await sandbox.control(ACCOUNT));
  [page] = credentials.page_ids;
  [form] = credentials.form_ids;
  [number] = credentials.phone_number_ids;
  waba = credentials.waba_id;
  FacebookAdsApi.init(credentials.page_token);
  receiver.posts.length = 0;
  receiver.status = 200;
});

describe('Lead Ads', () => {
  test('a person has pages, a page has forms', async () => {
    const pages = await new User('me').getAccounts(['id', 'name', 'access_token']);
    assert.deepEqual(pages.map((one) => one.id), [page]);
    assert.equal(pages[0].access_token, credentials.page_token);
    const forms = await new Page(page).getLeadGenForms(['id', 'name', 'status']);
    assert.deepEqual(forms.map((one) => one.name), ['Enquiry', 'Brochure']);
  });

  test('a lead is read with the fields that are asked for, else with few', async () => {
    const { id } = await addLead();
    const whole = await new Lead(id).get(['id', 'created_time', 'form_id', 'platform',
      'is_organic', 'field_data']);
    assert.equal(whole.form_id, form);
    assert.equal(whole.platform, 'ig');
    assert.equal(whole.is_organic, false);
    assert.match(whole.created_time, /\+0000$/);
    assert.deepEqual(whole.field_data, [{ name: 'full_name', values: ['Zoë Rao'] }]);
    const small = await graph('GET', `/${id}`);
    assert.equal(small.form_id, undefined);
    assert.ok(small.field_data);
  });

  test('ids are beyond what a double can hold', async () => {
    const { id } = await addLead();
    assert.notEqual(String(Number(id) + 1), String(BigInt(id) + 1n));
  });

  test('all of a form are read page by page, since a time', async () => {
    await sandbox.control(`${ACCOUNT}/seed`, { count: 7, seed: 3 });
    let leads = await new LeadgenForm(form).getLeads(['id'], { limit: 3 });
    const ids = leads.map((lead) => lead.id);
    while (leads.hasNext()) {
      leads = await leads.next();
      ids.push(...leads.map((lead) => lead.id));
    }
    assert.equal(new Set(ids).size, 7);
    const since = Math.floor(Date.now() / 1000) + 3600;
    const filtering = JSON.stringify([{ field: 'time_created', operator: 'GREATER_THAN',
      value: since }]);
    assert.deepEqual((await graph('GET', `/${form}/leads`, { filtering })).data, []);
    await sandbox.control('/clock', { step_ms: 2 * 3600000 });
    await addLead();
    assert.equal((await graph('GET', `/${form}/leads`, { filtering })).data.length, 1);
  });

  test('after 90 days they are gone', async () => {
    await addLead();
    await sandbox.control('/clock', { step_ms: 91 * 86400000 });
    assert.deepEqual((await graph('GET', `/${form}/leads`)).data, []);
  });

  test('a subscribed page tells of each new lead, signed, ids alone', async () => {
    await subscribe('page', 'leadgen');
    await addLead();
    await graph('POST', `/${page}/subscribed_apps`, { subscribed_fields: 'leadgen' });
    const { id } = await addLead();
    const organic = await addLead({ ad_id: null });
    await passing(() => receiver.changes().length >= 2, 'both leads');
    assert.ok(receiver.posts.every((post) => post.isSigned));
    const [first, second] = receiver.changes();
    assert.equal(first.field, 'leadgen');
    assert.equal(first.value.leadgen_id, id);
    assert.equal(first.value.page_id, page);
    assert.equal(first.value.adgroup_id, '660001112223334');
    assert.equal(second.value.leadgen_id, organic.id);
    assert.equal(second.value.ad_id, undefined);
    assert.equal(first.value.field_data, undefined);
  });

  test('an address that does not know the challenge gets nothing', async () => {
    receiver.verifyToken = 'another';
    const token = `${credentials.app_id}|${credentials.app_secret}`;
    await graph('POST', `/${credentials.app_id}/subscriptions`, { token, object: 'page',
      fields: 'leadgen', callback_url: receiver.url, verify_token: 'mine' });
    await passing(async () => (await sandbox.control('/ledger?vendor=meta&object=subscription'))
      .entries.some((entry) => entry.verb === 'refused'));
    receiver.verifyToken = 'mine';
    const [found] = (await graph('GET', `/${credentials.app_id}/subscriptions`, { token })).data;
    assert.equal(found.active, false);
  });

  test('what is not taken comes again; ids may be numbers; all may come twice', async () => {
    await sandbox.control(`${ACCOUNT}/settings`, { switches: { numeric_ids: 1, webhook_repeat: 1 } },
      'PATCH');
    await subscribe('page', 'leadgen');
    await graph('POST', `/${page}/subscribed_apps`, { subscribed_fields: 'leadgen' });
    receiver.status = 500;
    const { id } = await addLead();
    await passing(() => receiver.posts.length >= 2);
    receiver.status = 200;
    await passing(() => receiver.posts.length >= 4, 'the retries', 5000);
    assert.ok(receiver.posts[0].text.includes(`"leadgen_id":${id}`));
  });

  test('errors are in the body: 190, 100, 80005, 2500', async () => {
    const code = async (answer) => (await answer).error?.code;
    assert.equal(await code(graph('GET', `/${form}/leads`, { token: 'wrong' })), 190);
    assert.equal((await graph('GET', '/42')).error.error_subcode, 33);
    await sandbox.control(`${ACCOUNT}/tokens`, { revoke: credentials.page_token });
    assert.equal((await graph('GET', '/me')).error.error_subcode, 460);
    await sandbox.control(`${ACCOUNT}/reset`, {});
    await sandbox.control(`${ACCOUNT}/settings`, { switches: { fixed_quota: 1 },
      limits: { leadgen: 1 } }, 'PATCH');
    assert.equal(await code(graph('GET', `/${form}/leads`)), undefined);
    const limited = await graph('GET', `/${form}/leads`);
    assert.equal(limited.error.code, 80005);
    assert.match(limited.headers.get('x-business-use-case-usage'), /"call_count":100/);
    assert.equal((await (await fetch(`${sandbox.url}/meta/v9.0/me`)).json()).error.code, 2500);
    await sandbox.control(`${ACCOUNT}/reset`, {});
    await assert.rejects(new Lead('42').get(['id']), (error) => error.response.code === 100);
  });

  test('the proof of the secret is asked for where it is needed', async () => {
    await sandbox.control(`${ACCOUNT}/settings`, { switches: { needs_proof: 1 } }, 'PATCH');
    assert.equal((await graph('GET', '/me')).error.code, 100);
    const appsecret_proof = crypto.createHmac('sha256', credentials.app_secret)
      .update(credentials.page_token).digest('hex');
    assert.equal((await graph('GET', '/me', { appsecret_proof })).name, 'Sandbox');
  });

  test('a code becomes a short token, that one a long one', async () => {
    const redirect = await fetch(`${sandbox.url}/meta/dialog/oauth?client_id=${credentials.app_id}` +
      '&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback&scope=leads_retrieval&state=s' +
      '&sandbox_approve=default', { redirect: 'manual' });
    const code = new URL(redirect.headers.get('location')).searchParams.get('code');
    const app = { client_id: credentials.app_id, client_secret: credentials.app_secret };
    const short = await graph('GET', '/oauth/access_token', { ...app, code,
      redirect_uri: 'http://127.0.0.1/back' });
    assert.equal(short.expires_in, 7200);
    const long = await graph('GET', '/oauth/access_token', { ...app,
      grant_type: 'fb_exchange_token', fb_exchange_token: short.access_token });
    assert.equal(long.expires_in, 60 * 86400);
    assert.equal((await graph('GET', '/me', { token: long.access_token })).name, 'Sandbox');
    await sandbox.control('/clock', { step_ms: 61 * 86400000 });
    assert.equal((await graph('GET', '/me', { token: long.access_token })).error.error_subcode, 463);
  });
});

describe('WhatsApp', () => {
  const send = (message, to = ASHA) => graph('POST', `/${number}/messages`, {
    token: credentials.system_user_token,
    json: { messaging_product: 'whatsapp', recipient_type: 'individual', to, ...message } });
  const text = (body) => ({ type: 'text', text: { body } });
  const hello = { type: 'template', template: { name: 'hello', language: { code: 'en' } } };
  const confirm = (parameters) => ({ type: 'template', biz_opaque_callback_data: 'att_17',
    template: { name: 'enquiry_confirm', language: { code: 'en' }, components: [
      { type: 'body', parameters },
      { type: 'button', sub_type: 'quick_reply', index: '0',
        parameters: [{ type: 'payload', payload: 'Q1:YES:att_17' }] }] } });
  const named = [{ type: 'text', parameter_name: 'first_name', text: 'Asha' },
    { type: 'text', parameter_name: 'project', text: 'Sea View' }];
  const tell = (script) => sandbox.control('/prospects', { address: '+' + ASHA, script });
  const statuses = () => receiver.changes().flatMap((change) => change.value.statuses ?? []);
  const messages = () => receiver.changes().flatMap((change) => change.value.messages ?? []);
  const fate = (id, status) => passing(() => statuses().find(
    (one) => one.id === id && one.status === status), status);

  beforeEach(async () => {
    await subscribe('whatsapp_business_account', 'messages,user_preferences,' +
      'message_template_status_update');
    await graph('POST', `/${waba}/subscribed_apps`, {});
  });

  test('a template is accepted, sent, delivered and read', async () => {
    await tell('reads');
    const answer = await send(confirm(named));
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.contacts, [{ input: ASHA, wa_id: ASHA }]);
    const [{ id }] = answer.messages;
    assert.match(id, /^wamid\./);
    const read = await fate(id, 'read');
    assert.equal(read.biz_opaque_callback_data, 'att_17');
    assert.equal(read.recipient_id, ASHA);
    assert.match(read.timestamp, /^\d+$/);
    assert.deepEqual(statuses().map((one) => one.status), ['sent', 'delivered', 'read']);
    assert.ok(receiver.posts.every((post) => post.isSigned));
  });

  test('free text is for 24 hours after theirs: 131047', async () => {
    const early = (await send(text('Hi'))).messages[0].id;
    assert.equal((await fate(early, 'failed')).errors[0].code, 131047);
    await sandbox.control(`${ACCOUNT}/inbound`, { from: '+' + ASHA, to: '918047180000',
      text: '2 bhk?' });
    await passing(() => messages().length === 1);
    assert.deepEqual([messages()[0].from, messages()[0].text.body], [ASHA, '2 bhk?']);
    await fate((await send(text('Two are free.'))).messages[0].id, 'delivered');
    await sandbox.control('/clock', { step_ms: 25 * 3600000 });
    await fate((await send(text('Still there?'))).messages[0].id, 'failed');
  });

  test('a tap on a template is a button with the payload we gave', async () => {
    await tell('taps Yes');
    const [{ id }] = (await send(confirm(named))).messages;
    const [message] = await passing(() => messages().length && messages());
    assert.equal(message.type, 'button');
    assert.deepEqual(message.button, { payload: 'Q1:YES:att_17', text: 'Yes' });
    assert.equal(message.context.id, id);
  });

  test('a tap on buttons and lists is interactive', async () => {
    await tell('replies hi, taps 2, taps 11:30');
    await send(hello);
    await passing(() => messages().length === 1);
    await send({ type: 'interactive', interactive: { type: 'button', body: { text: 'When?' },
      action: { buttons: [{ type: 'reply', reply: { id: 'S:1', title: 'Today' } },
        { type: 'reply', reply: { id: 'S:other', title: 'Other time' } }] } } });
    await passing(() => messages().length === 2);
    assert.deepEqual(messages()[1].interactive, { type: 'button_reply',
      button_reply: { id: 'S:other', title: 'Other time' } });
    await send({ type: 'interactive', interactive: { type: 'list', body: { text: 'India time' },
      action: { button: 'See slots', sections: [{ rows: [{ id: 'S:9', title: '11:30' }] }] } } });
    await passing(() => messages().length === 3);
    assert.equal(messages()[2].interactive.list_reply.id, 'S:9');
  });

  test('who opts out says STOP and stops marketing', async () => {
    await tell('opts out');
    await send(hello);
    const stop = await passing(() => receiver.changes().find(
      (change) => change.field === 'user_preferences'));
    assert.deepEqual([stop.value.user_preferences[0].wa_id, stop.value.user_preferences[0].value],
      [ASHA, 'stop']);
    assert.equal(messages()[0].text.body, 'STOP');
  });

  test('who is not there fails later: 131026', async () => {
    await tell('is unknown');
    const [{ id }] = (await send(hello)).messages;
    assert.equal((await fate(id, 'failed')).errors[0].code, 131026);
  });

  test('people may hide their phone behind a user id', async () => {
    await sandbox.control(`${ACCOUNT}/settings`, { switches: { hides_phones: 1 } }, 'PATCH');
    await sandbox.control(`${ACCOUNT}/inbound`, { from: '+' + ASHA, to: '918047180000', text: 'hi' });
    const [message] = await passing(() => messages().length && messages());
    assert.equal(message.from, undefined);
    assert.match(message.from_user_id, /^[A-Z]{2}\.[A-Za-z0-9]{1,128}$/);
  });

  test('and are answered, and told of, by that id', async () => {
    await sandbox.control(`${ACCOUNT}/settings`, { switches: { hides_phones: 1 } }, 'PATCH');
    await sandbox.control(`${ACCOUNT}/inbound`, { from: '+' + ASHA, to: '918047180000', text: 'hi' });
    const [{ from_user_id }] = await passing(() => messages().length && messages());
    const answer = await send({ ...text('Hello'), recipient: from_user_id }, null);
    assert.deepEqual(answer.contacts, [{ input: from_user_id, user_id: from_user_id }]);
    const status = await fate(answer.messages[0].id, 'delivered');
    assert.equal(status.recipient_user_id, from_user_id);
    assert.equal(status.recipient_id, undefined);
  });

  test('people send more than words', async () => {
    const sent = [
      { type: 'location', location: { latitude: 12.97, longitude: 77.59 } },
      { type: 'image', image: { id: '881', mime_type: 'image/jpeg', sha256: 'x' } },
      { type: 'reaction', reaction: { message_id: 'wamid.1', emoji: 'ok' } },
      { type: 'unsupported', errors: [{ code: 131051, title: 'Message type unknown' }] },
      { type: 'text', text: { body: 'From your ad' }, referral: { source_id: '660',
        source_type: 'ad', source_url: 'https://fb.me/1', ctwa_clid: 'c1' } },
    ];
    for (const message of sent)
      await sandbox.control(`${ACCOUNT}/inbound`, { from: '+' + ASHA, to: '918047180000',
        text: JSON.stringify(message) });
    await passing(() => messages().length === sent.length);
    for (const message of sent) {
      const got = messages().find((one) => one.type === message.type);
      assert.deepEqual({ ...got, ...message }, got);
      assert.equal(got.from, ASHA);
    }
  });

  test('from whom we block nothing comes in', async () => {
    const write = (text) => sandbox.control(`${ACCOUNT}/inbound`,
      { from: '+' + ASHA, to: '918047180000', text });
    const block = () => graph('POST', `/${number}/block_users`, {
      token: credentials.system_user_token,
      json: { messaging_product: 'whatsapp', block_users: [{ user: '+' + ASHA }] } });
    assert.deepEqual((await block()).block_users.added_users, [], 'not in the 24 hours');
    await write('hi');
    await passing(() => messages().length === 1);
    assert.deepEqual((await block()).block_users.added_users,
      [{ input: '+' + ASHA, wa_id: ASHA }]);
    await write('are you there?');
    await tell('reads');
    const { id } = (await send(hello)).messages[0];
    await fate(id, 'read'); // told of after whatever came in before
    assert.equal(messages().length, 1);
  });

  test('what is wrong is refused with its code', async () => {
    const code = async (message, to) => (await send(message, to)).error?.code;
    const two = { type: 'reply', reply: { id: 'a', title: 'A' } };
    const buttons = (list) => ({ type: 'interactive', interactive: { type: 'button',
      body: { text: 'x' }, action: { buttons: list } } });
    assert.equal(await code(confirm([])), 132000);
    assert.equal(await code({ ...hello, template: { ...hello.template, name: 'nope' } }), 132001);
    assert.equal(await code({ ...hello, template: { name: 'hello', language: { code: 'xx' } } }),
      132001);
    assert.equal(await code(confirm([named[0], { ...named[1], text: 'a\nb' }])), 132007);
    assert.equal(await code(confirm([{ type: 'text', text: 'a' }, named[1]])), 132012);
    assert.equal(await code(buttons([])), 131009);
    assert.equal(await code(buttons([two, two])), 131009);
    assert.equal(await code(buttons([1, 2, 3, 4].map((id) => ({ type: 'reply',
      reply: { id: String(id), title: 'x' } })))), 131009);
    assert.equal(await code(text('x'.repeat(4097))), 131009);
    assert.equal(await code({ type: 'hologram', hologram: {} }), 131051);
    assert.equal(await code({ type: 'text' }), 131008);
    assert.equal(await code(hello, 'nobody'), 131009);
    assert.equal(await code(hello, '918047180000'), 131021);
    assert.equal((await graph('POST', '/42/messages', { json: { messaging_product: 'whatsapp' } }))
      .error.code, 100);
  });

  test('there are limits: 80 a second and, to one person, a burst of 45', async () => {
    const codes = new Set();
    for (let i = 0; i < 90; i++) codes.add((await send(hello, String(919800000000 + i))).error?.code);
    assert.ok(codes.has(130429));
    await sandbox.control('/clock', { step_ms: 2000 });
    let last;
    for (let i = 0; i < 60 && !last; i++) last = (await send(hello)).error?.code;
    assert.equal(last, 131056);
  });

  test('a template is made, looked at, approved, used and dropped', async () => {
    const made = await graph('POST', `/${waba}/message_templates`, { json: { name: 'slot', language:
      'en', category: 'MARKETING', components: [{ type: 'BODY', text: 'At {{1}}?' }] } });
    assert.equal(made.status, 'PENDING');
    const slot = { type: 'template', template: { name: 'slot', language: { code: 'en' },
      components: [{ type: 'body', parameters: [{ type: 'text', text: '11:30' }] }] } };
    assert.equal((await send(slot)).error.code, 132016);
    await passing(() => receiver.changes().some(
      (change) => change.field === 'message_template_status_update'), 'approval', 20000);
    assert.equal((await send(slot)).status, 200);
    const { data } = await graph('GET', `/${waba}/message_templates`, { name: 'slot' });
    assert.deepEqual(data.map((one) => one.status), ['APPROVED']);
    assert.equal((await graph('DELETE', `/${waba}/message_templates`, { name: 'slot' })).success, true);
    assert.equal((await send(slot)).error.code, 132001);
  });

  test('statuses may come in another order, and read without delivered', async () => {
    await tell('reads');
    await sandbox.control(`${ACCOUNT}/settings`, { switches: { shuffle: 1, read_only_says_read: 1 } },
      'PATCH');
    const [{ id }] = (await send(hello)).messages;
    await fate(id, 'sent');
    assert.deepEqual(statuses().map((one) => one.status), ['read', 'sent']);
  });
});
