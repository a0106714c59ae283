// Twilio's API, judged by Twilio's own client, its signature check and its TwiML.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import twilio from 'twilio';
import { Sandbox } from './harness.mjs';

const ACCOUNT = '/accounts/twilio/default';
const FROM = '+15005550006';
const ASHA = '+919876543210';
let sandbox, receiver, credentials, client;

// The client's address is fixed: this is how it lets itself be pointed elsewhere.
class ToSandbox extends twilio.RequestClient {
  request(options) {
    return super.request({ ...options,
      uri: options.uri.replace('https://api.twilio.com', sandbox.url + '/twilio') });
  }
}

// Takes what Twilio posts, checks its signature, and answers by the path.
class Receiver {
  posts = [];
  answers = {};
  async start() {
    this.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (bytes) => { body += bytes; });
      request.on('end', () => {
        // Asked with GET, the parameters are in the address, and signed with it.
        const isGet = request.method === 'GET';
        const path = isGet ? request.url.split('?')[0] : request.url;
        const params = Object.fromEntries(new URLSearchParams(
          isGet ? request.url.slice(path.length) : body));
        const isSigned = twilio.validateRequest(credentials.auth_token,
          request.headers['x-twilio-signature'], this.url + request.url, isGet ? {} : params);
        this.posts.push({ path, params, isSigned, method: request.method,
          token: request.headers['i-twilio-idempotency-token'] });
        const answer = this.answers[path];
        response.writeHead(answer === 500 ? 500 : 200, { 'Content-Type': 'text/xml' });
        response.end(answer === 500 ? '' : answer?.(params).toString() ?? '');
      });
    });
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }
  at(path) { return this.posts.filter((post) => post.path === path); }
  stop() { this.server.close(); this.server.closeAllConnections(); }
}

const passing = (...what) => sandbox.passing(...what);
const tell = (address, script) => sandbox.control('/prospects', { address, script });
const ended = (sid) => passing(async () => {
  const call = await client.calls(sid).fetch();
  return ['completed', 'busy', 'no-answer', 'failed', 'canceled'].includes(call.status) && call;
}, 'the end of the call');
const sent = (sid, status) => passing(async () => {
  const message = await client.messages(sid).fetch();
  return message.status === status && message;
}, status);
const refused = (code, status = 400) => (error) => {
  assert.equal(error.code, code);
  assert.equal(error.status, status);
  assert.equal(error.moreInfo, `https://www.twilio.com/docs/errors/${code}`);
  return true;
};

before(async () => {
  sandbox = await Sandbox.start();
  receiver = new Receiver();
  await receiver.start();
});
after(async () => {
  receiver?.stop();
  await sandbox?.stop();
});
beforeEach(async () => {
  await sandbox.control('/reset', {});
  credentials = (await sandbox.control(ACCOUNT)).credentials;
  client = twilio(credentials.account_sid, credentials.auth_token,
    { httpClient: new ToSandbox() });
  receiver.posts.length = 0;
  receiver.answers = {};
});

describe('who is asking', () => {
  test('is known by auth token and by API key', async () => {
    const account = await client.api.v2010.accounts(credentials.account_sid).fetch();
    assert.equal(account.status, 'active');
    const byKey = twilio(credentials.api_key_sid, credentials.api_key_secret,
      { accountSid: credentials.account_sid, httpClient: new ToSandbox() });
    assert.deepEqual(await byKey.calls.list(), []);
  });

  test('is refused with 20003', async () => {
    const stranger = twilio(credentials.account_sid, 'x'.repeat(32),
      { httpClient: new ToSandbox() });
    await assert.rejects(stranger.calls.list(), refused(20003, 401));
  });

  test('may ask too much: 20429', async () => {
    await sandbox.control('/faults', { fault: 'rate_limit', vendor: 'twilio', count: 1 });
    await assert.rejects(client.calls.list(), refused(20429, 429));
  });
});

describe('a message', () => {
  const send = (more) => client.messages.create({ to: ASHA, from: FROM, body: 'Hi Asha', ...more });

  test('is queued, sent and delivered', async () => {
    const message = await send();
    assert.equal(message.status, 'queued');
    assert.match(message.sid, /^SM[0-9a-f]{32}$/);
    assert.equal(message.dateSent, null);
    const done = await sent(message.sid, 'delivered');
    assert.ok(done.dateSent instanceof Date);
    assert.equal(done.errorCode, null);
  });

  test('tells its status callback, signed', async () => {
    const message = await send({ statusCallback: receiver.url + '/status?a=1' });
    await passing(() => receiver.at('/status?a=1').length >= 2);
    const posts = receiver.at('/status?a=1');
    assert.ok(posts.every((post) => post.isSigned));
    assert.deepEqual(posts.map((post) => post.params.MessageStatus).sort(), ['delivered', 'sent']);
    assert.equal(posts[0].params.MessageSid, message.sid);
    assert.notEqual(posts[0].token, posts[1].token);
  });

  test('counts its segments: GSM-7 160 and 153, UCS-2 70 and 67', async () => {
    const count = async (body) => (await send({ body })).numSegments;
    assert.equal(await count('a'.repeat(160)), '1');
    assert.equal(await count('a'.repeat(161)), '2');
    assert.equal(await count('€'.repeat(80)), '1');
    assert.equal(await count('€'.repeat(81)), '2');
    assert.equal(await count('नमस्ते'.repeat(11)), '1');
    assert.equal(await count('नमस्ते'.repeat(12)), '2');
    assert.equal(await count('😀'.repeat(36)), '2');
  });

  test('of a service is accepted first; scheduled, it can be canceled', async () => {
    const service = { from: undefined, messagingServiceSid: credentials.messaging_service_sid };
    assert.equal((await send(service)).status, 'accepted');
    const later = await send({ ...service, scheduleType: 'fixed',
      sendAt: new Date(Date.now() + 3600000) });
    assert.equal(later.status, 'scheduled');
    assert.equal((await client.messages(later.sid).update({ status: 'canceled' })).status, 'canceled');
  });

  test('can have its text erased, and be removed', async () => {
    const message = await send();
    assert.equal((await client.messages(message.sid).update({ body: '' })).body, '');
    await client.messages(message.sid).remove();
    await assert.rejects(client.messages(message.sid).fetch(), refused(20404, 404));
  });

  test('is found by recipient and day, page by page', async () => {
    for (let i = 0; i < 5; i++) await send({ body: String(i) });
    await send({ to: '+14155550199' });
    const found = await client.messages.list({ to: ASHA, dateSentAfter: new Date('2020-01-01'),
      pageSize: 2 });
    assert.deepEqual(found.map((message) => message.body), ['4', '3', '2', '1', '0']);
  });

  test('is refused with the code for what is wrong', async () => {
    await assert.rejects(send({ to: '' }), refused(21604));
    await assert.rejects(send({ to: '123' }), refused(21211));
    await assert.rejects(send({ from: undefined }), refused(21603));
    await assert.rejects(send({ from: 'x' }), refused(21212));
    await assert.rejects(send({ from: '+14155559999' }), refused(21606));
    await assert.rejects(send({ body: undefined }), refused(21602));
    await assert.rejects(send({ body: 'a'.repeat(1601) }), refused(21617));
    await assert.rejects(send({ statusCallback: 'http://with_underscore/' }), refused(21609));
    for (const [to, code] of [['+15005550001', 21211], ['+15005550002', 21612],
      ['+15005550003', 21408], ['+15005550004', 21610], ['+15005550009', 21614]])
      await assert.rejects(send({ to }), refused(code));
    assert.deepEqual(await client.messages.list(), [], 'what is refused makes no message');
  });

  test('has media: where they are, and of which type', async () => {
    const message = await send({ body: undefined,
      mediaUrl: ['https://acme.example/flat.png', 'https://acme.example/plan.pdf'] });
    assert.equal(message.numMedia, '2');
    const media = await client.messages(message.sid).media.list();
    assert.deepEqual(media.map((one) => one.contentType).sort(), ['application/pdf', 'image/png']);
    assert.ok(media.every((one) => one.parentSid === message.sid && /^ME/.test(one.sid)));
    const picture = media.find((one) => one.contentType === 'image/png');
    const found = await fetch(sandbox.url + '/twilio' + picture.uri.replace('.json', ''), {
      redirect: 'manual', headers: { Authorization: 'Basic ' + Buffer.from(
        `${credentials.account_sid}:${credentials.auth_token}`).toString('base64') } });
    assert.equal(found.status, 307);
    assert.equal(found.headers.get('location'), 'https://acme.example/flat.png');
    await client.messages(message.sid).media(picture.sid).remove();
    await assert.rejects(client.messages(message.sid).media(picture.sid).fetch(),
      refused(20404, 404));
    await assert.rejects(send({ mediaUrl: Array(11).fill('https://acme.example/a.png') }),
      refused(21623));
    await assert.rejects(send({ mediaUrl: ['nowhere'] }), refused(21620));
  });

  test('is refused for what is out of range', async () => {
    await assert.rejects(send({ to: '12345' }), refused(21265));
    await assert.rejects(send({ validityPeriod: 36001 }), refused(20001));
    await assert.rejects(send({ contentSid: 'HX1', contentVariables: '[1' }), refused(21656));
  });

  test('can be refused or fail with any code of the catalogue', async () => {
    const put = (switches) => sandbox.control(ACCOUNT + '/settings', { switches }, 'PATCH');
    for (const [code, status] of [[21635, 400], [21901, 400], [20008, 403], [20429, 429]]) {
      await put({ refuse_with: code });
      await assert.rejects(send(), refused(code, status));
    }
    await put({ refuse_with: 0, fail_with: 30007 });
    const failed = await sent((await send()).sid, 'undelivered');
    assert.equal(failed.errorCode, 30007);
    assert.equal(failed.errorMessage, 'Message filtered');
  });

  test('to nobody is undelivered: 30005', async () => {
    await tell(ASHA, 'is unknown');
    assert.equal((await sent((await send()).sid, 'undelivered')).errorCode, 30005);
  });
});

describe('a person who writes', () => {
  beforeEach(async () => {
    const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: FROM });
    await client.incomingPhoneNumbers(number.sid).update({ smsUrl: receiver.url + '/in' });
  });

  test('replies in the given time', async () => {
    await tell(ASHA, 'replies LATER after 5 minutes');
    await client.messages.create({ to: ASHA, from: FROM, body: 'When?' });
    const [post] = await passing(() => receiver.at('/in').length && receiver.at('/in'), 'a reply',
      30000);
    assert.ok(post.isSigned);
    assert.equal(post.params.Body, 'LATER');
    assert.deepEqual([post.params.From, post.params.To], [ASHA, FROM]);
    assert.equal(post.params.OptOutType, undefined);
  });

  test('is answered by what the webhook answers', async () => {
    receiver.answers['/in'] = () => {
      const response = new twilio.twiml.MessagingResponse();
      response.message({ action: receiver.url + '/replied' }, 'Thank you, Asha.');
      return response;
    };
    await sandbox.control(ACCOUNT + '/inbound', { from: ASHA, to: FROM, text: '2 bhk?' });
    const [reply] = await passing(async () => {
      const found = await client.messages.list({ to: ASHA });
      return found.length && found[0].status === 'delivered' && found;
    }, 'the reply');
    assert.equal(reply.direction, 'outbound-reply');
    assert.deepEqual([reply.from, reply.body], [FROM, 'Thank you, Asha.']);
    await passing(() => receiver.at('/replied').length === 2);
    await sandbox.control(ACCOUNT + '/inbound', { from: ASHA, to: FROM, text: 'STOP' });
    await passing(async () => (await sandbox.control('/ledger?verb=reply_refused')).entries.length,
      'an answer to one who has just opted out');
    receiver.answers['/in'] = () => 'Thank you'; // is not TwiML
    await sandbox.control(ACCOUNT + '/inbound', { from: ASHA, to: FROM, text: 'START' });
    await passing(async () =>
      (await sandbox.control('/ledger?verb=instructions_failed')).entries.length);
    assert.equal((await client.messages.list({ to: ASHA })).length, 1);
  });

  test('opts out and is not sent to any more: 21610', async () => {
    await tell(ASHA, 'opts out');
    await client.messages.create({ to: ASHA, from: FROM, body: 'Hi' });
    const [post] = await passing(() => receiver.at('/in').length && receiver.at('/in'));
    assert.deepEqual([post.params.Body, post.params.OptOutType], ['STOP', 'STOP']);
    await assert.rejects(client.messages.create({ to: ASHA, from: FROM, body: 'Hi' }),
      refused(21610));
  });
});

describe('WhatsApp', () => {
  const from = 'whatsapp:+14155550100', to = 'whatsapp:' + ASHA;

  test('says which message a tap answers, and why one failed', async () => {
    const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: '+14155550100' });
    await client.incomingPhoneNumbers(number.sid).update({ smsUrl: receiver.url + '/in' });
    await tell(ASHA, 'taps Yes');
    const template = await client.messages.create({ to, from, contentSid: 'HX' + '0'.repeat(32) });
    const [tap] = await passing(() => receiver.at('/in').length && receiver.at('/in'));
    assert.deepEqual([tap.params.ButtonText, tap.params.OriginalRepliedMessageSid],
      ['Yes', template.sid]);
    await tell(ASHA, 'is unknown');
    await client.messages.create({ to, from, contentSid: 'HX' + '0'.repeat(32),
      statusCallback: receiver.url + '/status' });
    const failed = await passing(() => receiver.at('/status').find(
      (post) => post.params.MessageStatus === 'failed'));
    assert.equal(failed.params.ErrorCode, '63003');
    assert.match(failed.params.ChannelStatusMessage, /could not find/);
  });

  test('takes free text only within 24 hours of theirs: 63016', async () => {
    const message = await client.messages.create({ to, from, body: 'Hi' });
    assert.equal((await sent(message.sid, 'failed')).errorCode, 63016);
    await tell(ASHA, 'reads, taps Yes');
    const template = await client.messages.create({ to, from, contentSid: 'HX' + '0'.repeat(32) });
    await sent(template.sid, 'read');
    await passing(async () => (await client.messages.list({ from: to })).length, 'the tap');
    await sent((await client.messages.create({ to, from, body: 'Fine' })).sid, 'read');
    await sandbox.control('/clock', { step_ms: 25 * 3600000 });
    await sent((await client.messages.create({ to, from, body: 'Still there?' })).sid, 'failed');
  });

  test('knows people without a number', async () => {
    const hidden = 'whatsapp:IN.1A2b3C';
    const message = await client.messages.create({ to: hidden, from,
      contentSid: 'HX' + '0'.repeat(32) });
    await sent(message.sid, 'delivered');
    await assert.rejects(client.messages.create({ to: 'IN.1A2b3C', from: FROM, body: 'Hi' }),
      refused(21211));
  });

  test('knows who is not there: 63003', async () => {
    await tell(ASHA, 'is unknown');
    const message = await client.messages.create({ to, from, contentSid: 'HX' + '0'.repeat(32) });
    assert.equal((await sent(message.sid, 'failed')).errorCode, 63003);
  });
});

describe('a call', () => {
  const EVENTS = ['initiated', 'ringing', 'answered', 'completed'];
  const call = (more) => client.calls.create({ to: ASHA, from: FROM,
    url: receiver.url + '/voice', statusCallback: receiver.url + '/status',
    statusCallbackEvent: EVENTS, ...more });
  // Press 1 to be called back, 9 to be left alone.
  const menu = () => {
    const response = new twilio.twiml.VoiceResponse();
    response.gather({ input: 'dtmf', numDigits: 1, timeout: 6, action: '/gather',
      actionOnEmptyResult: true }).say({ language: 'en-IN' }, 'Press 1 if you asked about a flat.');
    return response;
  };
  const goodbye = () => {
    const response = new twilio.twiml.VoiceResponse();
    response.say('Good bye.');
    response.hangup();
    return response;
  };
  beforeEach(() => { receiver.answers = { '/voice': menu, '/gather': goodbye }; });

  test('is answered on the second ring, and 1 is pressed', async () => {
    await tell(ASHA, 'answers on the second ring and presses 1');
    const made = await call();
    assert.equal(made.status, 'queued');
    assert.match(made.sid, /^CA[0-9a-f]{32}$/);
    const done = await ended(made.sid);
    assert.equal(done.status, 'completed');
    assert.ok(Number(done.duration) > 0);
    const [gathered] = receiver.at('/gather');
    assert.equal(gathered.params.Digits, '1');
    assert.equal(gathered.params.CallSid, made.sid);
    const posts = await passing(() => receiver.at('/status').length === 4 && receiver.at('/status'));
    posts.sort((a, b) => a.params.SequenceNumber - b.params.SequenceNumber);
    assert.deepEqual(posts.map((post) => post.params.CallStatus),
      ['initiated', 'ringing', 'in-progress', 'completed']);
    assert.ok(receiver.posts.every((post) => post.isSigned));
    assert.equal(posts[3].params.CallbackSource, 'call-progress-events');
    assert.equal(posts[3].params.CallDuration, done.duration);
  });

  test('of which nobody hears anything tells an empty result', async () => {
    await tell(ASHA, 'answers and stays silent');
    await ended((await call()).sid);
    assert.equal(receiver.at('/gather')[0].params.Digits, '');
  });

  test('follows TwiML that it was given', async () => {
    const done = await ended((await call({ url: undefined, twiml: goodbye().toString() })).sid);
    assert.equal(done.status, 'completed');
    assert.deepEqual(receiver.at('/voice'), []);
  });

  for (const [script, status] of [['is busy', 'busy'], ['does not answer', 'no-answer'],
    ['cannot be reached', 'failed']])
    test(`to one who ${script} ends as ${status}`, async () => {
      await tell(ASHA, script);
      const made = await call({ timeout: 20 });
      assert.equal((await ended(made.sid)).status, status);
      const last = await passing(() => receiver.at('/status').find(
        (post) => post.params.CallStatus === status));
      assert.equal(last.params.CallDuration, '0');
      assert.equal(last.params.SipResponseCode, status === 'failed' ? '404' : undefined);
    });

  for (const [detection, by] of [['Enable', 'machine_start'],
    ['DetectMessageEnd', 'machine_end_beep'], [undefined, undefined]])
    test(`to a machine says ${by} with detection ${detection}`, async () => {
      await tell(ASHA, 'has a machine');
      const done = await ended((await call({ machineDetection: detection })).sid);
      assert.equal(done.answeredBy ?? undefined, by);
      assert.equal(receiver.at('/voice')[0].params.AnsweredBy, by);
    });

  test('is canceled before it is answered, and hung up after', async () => {
    await tell(ASHA, 'answers on the fifth ring');
    const early = await call();
    assert.equal((await client.calls(early.sid).update({ status: 'canceled' })).status, 'canceled');
    await tell(ASHA, 'answers');
    receiver.answers['/voice'] = () => {
      const response = new twilio.twiml.VoiceResponse();
      response.pause({ length: 600 });
      return response;
    };
    const late = await call();
    await passing(async () => (await client.calls(late.sid).fetch()).status === 'in-progress');
    assert.equal((await client.calls(late.sid).update({ status: 'completed' })).status, 'completed');
    await assert.rejects(client.calls(late.sid).update({ status: 'completed' }), refused(21220));
  });

  test('asks the fallback when we do not answer', async () => {
    receiver.answers = { '/voice': 500, '/fallback': goodbye };
    const done = await ended((await call({ fallbackUrl: receiver.url + '/fallback' })).sid);
    assert.equal(done.status, 'completed');
    assert.equal(receiver.at('/fallback')[0].params.ErrorCode, '11200');
  });

  const said = (words) => () => {
    const response = new twilio.twiml.VoiceResponse();
    words(response);
    return response;
  };

  test('connects another number, and tells how that ended', async () => {
    await tell('+14155550123', 'is busy');
    receiver.answers['/voice'] = said((twiml) =>
      twiml.dial({ action: '/dialed' }).number('+14155550123'));
    receiver.answers['/dialed'] = goodbye;
    const made = await ended((await call()).sid);
    const [post] = receiver.at('/dialed');
    assert.equal(post.params.DialCallStatus, 'busy');
    const [child] = await client.calls.list({ parentCallSid: made.sid });
    assert.equal(child.sid, post.params.DialCallSid);
    assert.deepEqual([child.status, child.direction], ['busy', 'outbound-dial']);
    await tell('+14155550123', 'answers on the fifth ring');
    receiver.posts.length = 0;
    receiver.answers['/voice'] = said((twiml) =>
      twiml.dial({ action: '/dialed', timeout: 10 }).number('+14155550123'));
    await ended((await call()).sid);
    assert.equal(receiver.at('/dialed')[0].params.DialCallStatus, 'no-answer');
  });

  test('rings several: who picks up first talks, within the time limit', async () => {
    await tell('+14155550123', 'answers on the third ring');
    await tell('+14155550124', 'answers on the second ring');
    receiver.answers['/voice'] = said((twiml) => {
      const dial = twiml.dial({ action: '/dialed', timeLimit: 7, callerId: FROM,
        record: 'record-from-answer-dual' });
      dial.number({ statusCallback: receiver.url + '/leg', statusCallbackEvent: 'ringing completed' },
        '+14155550123');
      dial.number('+14155550124');
    });
    receiver.answers['/dialed'] = goodbye;
    const made = await ended((await call()).sid);
    const [post] = receiver.at('/dialed');
    assert.equal(post.params.DialCallStatus, 'completed');
    assert.equal(post.params.DialCallDuration, '7');
    const children = await client.calls.list({ parentCallSid: made.sid });
    assert.deepEqual(Object.fromEntries(children.map((one) => [one.to, one.status])),
      { '+14155550123': 'no-answer', '+14155550124': 'completed' });
    await passing(() => receiver.at('/leg').length === 2);
    assert.ok(receiver.at('/leg').every((leg) => leg.params.ParentCallSid === made.sid));
    assert.deepEqual(receiver.at('/leg').map((leg) => leg.params.CallStatus).sort(),
      ['no-answer', 'ringing']);
    const [recording] = await client.recordings.list({ callSid: post.params.DialCallSid });
    assert.deepEqual([recording.source, recording.channels, recording.duration],
      ['DialVerb', 2, '7']);
  });

  test('that cannot be connected goes on', async () => {
    receiver.answers['/voice'] = said((twiml) => twiml.dial({ action: '/dialed' }).number('nobody'));
    receiver.answers['/dialed'] = goodbye;
    await ended((await call()).sid);
    assert.equal(receiver.at('/dialed')[0].params.DialCallStatus, 'failed');
  });

  test('is recorded, and the recording can be fetched and removed', async () => {
    const made = await ended((await call({ record: true, recordingChannels: 'dual',
      recordingStatusCallback: receiver.url + '/recorded',
      recordingStatusCallbackEvent: ['in-progress', 'completed'] })).sid);
    const [recording] = await client.calls(made.sid).recordings.list();
    assert.match(recording.sid, /^RE[0-9a-f]{32}$/);
    assert.deepEqual([recording.status, recording.channels, recording.source],
      ['completed', 2, 'OutboundAPI']);
    assert.equal(recording.duration, made.duration);
    const posts = await passing(() => receiver.at('/recorded').length === 2 &&
      receiver.at('/recorded'));
    assert.deepEqual(posts.map((post) => post.params.RecordingStatus).sort(),
      ['completed', 'in-progress']);
    const last = receiver.at('/status').find((post) => post.params.CallStatus === 'completed');
    assert.equal(last.params.RecordingSid, recording.sid);
    assert.equal(last.params.RecordingDuration, recording.duration);
    const known = { headers: { Authorization: 'Basic ' + Buffer.from(
      `${credentials.account_sid}:${credentials.auth_token}`).toString('base64') } };
    const wave = await fetch(last.params.RecordingUrl, known);
    assert.equal(wave.headers.get('content-type'), 'audio/wav');
    assert.equal(Buffer.from(await wave.arrayBuffer()).toString('latin1', 0, 4), 'RIFF');
    const mp3 = await fetch(last.params.RecordingUrl + '.mp3', known);
    assert.equal(mp3.headers.get('content-type'), 'audio/mpeg');
    assert.equal((await fetch(last.params.RecordingUrl + '.ogg', known)).status, 404);
    await client.recordings(recording.sid).remove();
    await assert.rejects(client.recordings(recording.sid).fetch(), refused(20404, 404));
  });

  test('is not recorded unless it is asked for', async () => {
    await ended((await call()).sid);
    assert.deepEqual(await client.recordings.list(), []);
  });

  test('records what somebody says, and nothing of one who is silent', async () => {
    receiver.answers['/voice'] = said((twiml) => {
      twiml.record({ action: '/spoken', maxLength: 3 });
      twiml.redirect('/silent');
    });
    receiver.answers['/spoken'] = receiver.answers['/silent'] = goodbye;
    await tell(ASHA, 'says call me tomorrow');
    await ended((await call()).sid);
    assert.equal(receiver.at('/spoken')[0].params.RecordingDuration, '3');
    assert.match(receiver.at('/spoken')[0].params.RecordingUrl, /\/Recordings\/RE/);
    assert.deepEqual(receiver.at('/silent'), []);
    await tell(ASHA, 'stays silent');
    await ended((await call()).sid);
    assert.equal(receiver.at('/silent').length, 1);
    assert.equal((await client.recordings.list()).length, 1);
  });

  test('tells later who answered, when it need not wait to know', async () => {
    await tell(ASHA, 'has a machine');
    const made = await call({ machineDetection: 'DetectMessageEnd', asyncAmd: 'true',
      asyncAmdStatusCallback: receiver.url + '/amd', url: undefined,
      twiml: '<Response><Pause length="60"/></Response>' });
    const done = await ended(made.sid);
    const [post] = receiver.at('/amd');
    assert.deepEqual([post.params.CallSid, post.params.AnsweredBy,
      post.params.MachineDetectionDuration], [made.sid, 'machine_end_beep', '9000']);
    assert.equal(done.answeredBy, 'machine_end_beep');
  });

  for (const [machine, by] of [[1, 'machine_end_silence'], [2, 'machine_end_other'], [3, 'fax']])
    test(`to a machine of another kind (${machine}) says ${by}`, async () => {
      await sandbox.control(ACCOUNT + '/settings', { switches: { machine } }, 'PATCH');
      await tell(ASHA, 'has a machine');
      await ended((await call({ machineDetection: 'DetectMessageEnd' })).sid);
      assert.equal(receiver.at('/voice')[0].params.AnsweredBy, by);
    });

  test('does not know who answered when the time is too short; tones stop it listening', async () => {
    await tell(ASHA, 'has a machine');
    const short = { machineDetection: 'Enable', machineDetectionTimeout: 3 };
    assert.equal((await ended((await call({ ...short, asyncAmd: 'true',
      asyncAmdStatusCallback: receiver.url + '/amd' })).sid)).answeredBy, 'unknown');
    assert.equal(receiver.at('/amd')[0].params.MachineDetectionDuration, '3000');
    assert.equal((await ended((await call(short)).sid)).answeredBy, 'unknown');
    assert.equal((await ended((await call({ ...short, sendDigits: '1w' })).sid)).answeredBy, null);
  });

  test('ends at its time limit', async () => {
    const made = await call({ url: undefined, timeLimit: 20,
      twiml: '<Response><Pause length="600"/></Response>' });
    const done = await ended(made.sid);
    assert.deepEqual([done.status, done.duration], ['completed', '20']);
  });

  test('asks and tells with GET where it is told to', async () => {
    await tell(ASHA, 'presses 1');
    await ended((await call({ method: 'GET', statusCallbackMethod: 'GET' })).sid);
    await passing(() => receiver.at('/status').length === 4);
    assert.ok(receiver.posts.every((post) => post.isSigned));
    assert.equal(receiver.at('/voice')[0].method, 'GET');
    assert.ok(receiver.at('/status').every((post) => post.method === 'GET'));
    assert.equal(receiver.at('/gather')[0].method, 'POST');
  });

  test('that a prospect makes rings at our number', async () => {
    const ring = async (from) => (await sandbox.control(ACCOUNT + '/records/Calls',
      { from, to: FROM })).id;
    const unheard = await ring(ASHA);
    assert.equal((await client.calls(unheard).fetch()).status, 'no-answer');
    const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: FROM });
    await client.incomingPhoneNumbers(number.sid).update({ voiceUrl: receiver.url + '/voice',
      statusCallback: receiver.url + '/over' });
    await tell(ASHA, 'presses 1');
    const sid = await ring(ASHA);
    const done = await ended(sid);
    assert.deepEqual([done.direction, done.from, done.status], ['inbound', ASHA, 'completed']);
    const [asked] = receiver.at('/voice');
    assert.deepEqual([asked.params.Direction, asked.params.CallStatus], ['inbound', 'ringing']);
    assert.equal(receiver.at('/gather')[0].params.Digits, '1');
    await passing(() => receiver.at('/over').length);
    receiver.answers['/voice'] = said((twiml) => twiml.reject({ reason: 'busy' }));
    const rejected = await ended(await ring(ASHA));
    assert.deepEqual([rejected.status, rejected.duration], ['busy', '0']);
  });

  test('waits its turn: one a second', async () => {
    const made = [await call(), await call(), await call()];
    await sandbox.control('/clock', { step_ms: 200 });
    const statuses = await Promise.all(made.map((one) => client.calls(one.sid).fetch()));
    assert.ok(statuses.filter((one) => one.status === 'queued').length >= 1);
    for (const one of made) await ended(one.sid);
  });

  test('to a client in a browser or behind SIP rings too', async () => {
    for (const to of ['client:asha', 'sip:asha@acme.example']) {
      const done = await ended((await call({ to })).sid);
      assert.deepEqual([done.status, done.to], ['completed', to]);
    }
    await assert.rejects(call({ to: 'sip:asha' }), refused(21217));
  });

  test('can be told of in another order', async () => {
    await sandbox.control(ACCOUNT + '/settings', { switches: { shuffle: 1 } }, 'PATCH');
    await ended((await call()).sid);
    const posts = await passing(() => receiver.at('/status').length === 4 && receiver.at('/status'));
    const order = posts.map((post) => post.params.CallStatus);
    assert.ok(order.indexOf('ringing') > order.indexOf('in-progress'), String(order));
    const numbers = posts.map((post) => Number(post.params.SequenceNumber));
    assert.deepEqual(numbers.toSorted(), [0, 1, 2, 3]);
    assert.notDeepEqual(numbers, [0, 1, 2, 3]);
  });

  test('that failed says how its last leg was answered', async () => {
    await sandbox.control(ACCOUNT + '/settings', { switches: { sip_response: 503 } }, 'PATCH');
    await tell(ASHA, 'cannot be reached');
    await ended((await call()).sid);
    const last = await passing(() => receiver.at('/status').find(
      (post) => post.params.CallStatus === 'failed'));
    assert.equal(last.params.SipResponseCode, '503');
  });

  test('is found by number and time', async () => {
    const made = await call();
    await ended(made.sid);
    const found = await client.calls.list({ to: ASHA, startTimeAfter: new Date('2020-01-01') });
    assert.deepEqual(found.map((one) => one.sid), [made.sid]);
    assert.deepEqual(await client.calls.list({ to: '+14155550199' }), []);
  });

  test('is refused with the code for what is wrong', async () => {
    await assert.rejects(call({ to: 'nobody' }), refused(21217));
    await assert.rejects(call({ to: '+15005550002' }), refused(21214));
    await assert.rejects(call({ to: '+15005550003' }), refused(21215));
    await assert.rejects(call({ to: '+15005550004' }), refused(21216));
    await assert.rejects(call({ from: '+14155559999' }), refused(21210));
    await assert.rejects(call({ url: 'nowhere' }), refused(21205));
    await assert.rejects(call({ statusCallback: 'http://a_b.example/' }), refused(21609));
    for (const wrong of [{ timeout: 601 }, { timeLimit: 0 }, { machineDetectionTimeout: 2 },
      { machineDetectionSilenceTimeout: 1999 }, { machineDetection: 'Maybe' }, { method: 'PUT' },
      { recordingChannels: 'triple' }])
      await assert.rejects(call(wrong), refused(20001));
    assert.deepEqual(await client.calls.list(), []);
  });
});
