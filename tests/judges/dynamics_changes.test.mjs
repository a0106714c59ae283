// Dynamics 365 Sales by its Dataverse Web API, judged by dynamics-web-api: what there is (tables,
// columns, keys), what changed since a delta link, and webhooks that tell of it.
import { after, before, beforeEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { DynamicsWebApi } from 'dynamics-web-api';
import { Sandbox } from './harness.mjs';

const ACCOUNT = '/accounts/dynamics/default';
let sandbox, crm;

const client = (more) => new DynamicsWebApi({ serverUrl: sandbox.url + '/dynamics/',
  dataApi: { version: '9.2' }, onTokenRefresh: async () => 'eyJ0.sandbox-default', ...more });
const lead = (more) => ({ firstname: 'Ann', lastname: 'Lee', ...more });
const make = (more) => crm.create({ collection: 'leads', data: lead(more) });
const refusal = (status, code) => (error) => {
  assert.deepEqual([error.status, error.code], [status, code], error.message);
  return true;
};

before(async () => {
  sandbox = await Sandbox.start();
});
after(() => sandbox?.stop());
beforeEach(async () => {
  await sandbox.control('/reset', {});
  crm = client();
});

describe('metadata', () => {
  const entityKey = "LogicalName='lead'";
  const cast = (type) => `Microsoft.Dynamics.CRM.${type}AttributeMetadata`;

  test('names the tables', async () => {
    const { value } = await crm.retrieveEntities({
      select: ['LogicalName', 'EntitySetName', 'ChangeTrackingEnabled'] });
    const lead = value.find((table) => table.LogicalName === 'lead');
    assert.deepEqual([lead.EntitySetName, lead.ChangeTrackingEnabled], ['leads', true]);
    const one = await crm.retrieveEntity({ key: lead.MetadataId });
    assert.deepEqual([one.PrimaryIdAttribute, one.PrimaryNameAttribute], ['leadid', 'fullname']);
    // The client itself finds entity sets by the names of their tables so.
    const named = client({ useEntityNames: true });
    assert.ok(await named.create({ collection: 'opportunity', data: { name: 'x' } }));
  });

  test('describes columns: lengths, options and targets only by a cast', async () => {
    const columns = await crm.retrieveAttributes({ entityKey });
    const named = (name) => columns.value.find((column) => column.LogicalName === name);
    assert.deepEqual([named('subject').RequiredLevel.Value, named('ownerid').RequiredLevel.Value,
      named('fullname').IsValidForCreate, named('subject').MaxLength],
    ['ApplicationRequired', 'SystemRequired', false, undefined]);
    const texts = await crm.retrieveAttributes({ entityKey, castType: cast('String'),
      select: ['LogicalName', 'MaxLength', 'FormatName'] });
    const email = texts.value.find((column) => column.LogicalName === 'emailaddress1');
    assert.deepEqual([email.MaxLength, email.FormatName.Value], [100, 'Email']);
    const picks = await crm.retrieveAttributes({ entityKey, castType: cast('Picklist'),
      select: ['LogicalName'], expand: [{ property: 'OptionSet' }, { property: 'GlobalOptionSet' }] });
    const source = picks.value.find((column) => column.LogicalName === 'leadsourcecode');
    const web = source.OptionSet.Options.find((option) => option.Value === 8);
    assert.equal(web.Label.UserLocalizedLabel.Label, 'Web');
    // The options of a global choice are in the other place: whoever reads but one misses them.
    const region = picks.value.find((column) => column.LogicalName === 'new_region');
    assert.deepEqual([region.OptionSet, source.GlobalOptionSet], [null, null]);
    assert.deepEqual([region.GlobalOptionSet.IsGlobal, region.GlobalOptionSet.Options.length],
      [true, 2]);
    const status = await crm.retrieveAttribute({ entityKey, castType: cast('Status'),
      attributeKey: "LogicalName='statuscode'", expand: [{ property: 'OptionSet' }] });
    assert.deepEqual(status.OptionSet.Options.map((option) => [option.Value, option.State]),
      [[1, 0], [2, 0], [3, 1], [4, 2], [5, 2], [6, 2], [7, 2]]);
    const owner = await crm.retrieveAttribute({ entityKey, castType: cast('Lookup'),
      attributeKey: "LogicalName='ownerid'" });
    assert.deepEqual(owner.Targets, ['systemuser', 'team']);
  });

  test('is one document too, in OData\'s own language', async () => {
    const document = await crm.retrieveCsdlMetadata();
    assert.match(document, /<EntityType Name="lead" .*<EntitySet Name="leads"/s);
  });

  test('has a new column, and a key over it that is built after a while', async () => {
    const label = (text) => ({ LocalizedLabels: [{ Label: text, LanguageCode: 1033 }] });
    await crm.createAttribute({ entityKey, data: {
      '@odata.type': cast('String'), AttributeType: 'String',
      AttributeTypeName: { Value: 'StringType' }, SchemaName: 'new_OtherId', MaxLength: 20,
      FormatName: { Value: 'Text' }, RequiredLevel: { Value: 'None' },
      DisplayName: label('Other Id') } });
    await crm.callAction({ actionName: 'PublishAllXml' });
    const made = await crm.retrieveAttribute({ entityKey,
      attributeKey: "LogicalName='new_otherid'" });
    assert.deepEqual([made.SchemaName, made.IsCustomAttribute], ['new_OtherId', true]);
    await assert.rejects(make({ new_otherid: 'x'.repeat(21) }), refusal(400, '0x80044331'));
    const keys = () => crm.retrieve({ collection: 'EntityDefinitions', key: entityKey,
      navigationProperty: 'Keys' });
    await crm.create({ collection: 'EntityDefinitions', key: entityKey,
      navigationProperty: 'Keys', data: { SchemaName: 'new_OtherKey',
        KeyAttributes: ['new_otherid'], DisplayName: label('Other key') } });
    const status = async () => (await keys()).value.find((key) =>
      key.LogicalName === 'new_otherkey').EntityKeyIndexStatus;
    assert.equal(await status(), 'Pending');
    const put = () => crm.upsert({ collection: 'leads', key: "new_otherid='o1'", data: lead() });
    await assert.rejects(put(), refusal(400, '0x80060888'));
    await sandbox.control('/clock', { step_ms: 1000 });
    assert.equal(await status(), 'InProgress');
    await sandbox.control('/clock', { step_ms: 1000 });
    assert.equal(await status(), 'Active');
    assert.equal(await put(), await put());
  });
});

describe('changes', () => {
  const changes = (link, more) => crm.retrieveMultiple({ collection: 'leads', ...more }, link);
  const all = (more) => changes(undefined, { select: ['lastname'], trackChanges: true, ...more });

  test('since a delta link are rows, then deletions', async () => {
    const kept = await make();
    const gone = await make();
    const first = await all();
    assert.deepEqual(first.value.map((row) => row.leadid), [kept, gone]);
    await crm.update({ collection: 'leads', key: kept, data: { lastname: 'North' } });
    const fresh = await make();
    await crm.deleteRecord({ collection: 'leads', key: gone });
    const brief = await make();
    await crm.deleteRecord({ collection: 'leads', key: brief });
    const second = await changes(first.oDataDeltaLink);
    assert.deepEqual(second.value.map((row) => [row.leadid ?? row.id, row.reason]),
      [[kept, undefined], [fresh, undefined], [gone, 'deleted'], [brief, 'deleted']]);
    assert.equal(second.value[0].lastname, 'North');
    assert.match(second.value[2]['@odata.context'], /#leads\/\$deletedEntity$/);
    assert.deepEqual((await changes(second.oDataDeltaLink)).value, []);
  });

  test('come page by page, and the last page has the link', async () => {
    await sandbox.control(`${ACCOUNT}/seed`, { count: 5 });
    const first = await all({ maxPageSize: 3 });
    assert.deepEqual([first.value.length, first.oDataDeltaLink], [3, undefined]);
    const missed = await make();
    const rest = await changes(first.oDataNextLink, { maxPageSize: 3 });
    assert.ok(rest.oDataDeltaLink);
    // What came while the pages were read is told again, or for the first time, by the link.
    const seen = (await changes(rest.oDataDeltaLink)).value.map((row) => row.leadid);
    assert.deepEqual(seen, [missed]);
  });

  test('cannot be filtered, nor be older than seven days', async () => {
    await assert.rejects(all({ filter: "lastname eq 'x'" }), (error) => error.status === 400 &&
      /"filter" query parameter isn't supported/.test(error.message));
    const { oDataDeltaLink } = await all();
    await sandbox.control('/clock', { step_ms: 8 * 86400000 });
    await assert.rejects(changes(oDataDeltaLink), refusal(400, '0x80044352'));
  });
});

describe('a webhook', () => {
  // What came so far, each answered with the next of `statuses`, else 200; told() waits for the
  // one after those that were waited for.
  async function receiver(statuses, run) {
    const seen = [], waiting = [];
    let waited = 0;
    const server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        response.statusCode = statuses[seen.length] ?? 200;
        response.end();
        seen.push({ url: request.url, headers: request.headers,
          body: JSON.parse(Buffer.concat(parts)) });
        waiting.splice(0).forEach((wake) => wake());
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const told = async () => {
      while (seen.length <= waited) {
        await new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('nothing came in 10 s')), 10000);
          waiting.push(() => { clearTimeout(timer); resolve(); });
        });
      }
      return seen[waited++];
    };
    try {
      await run({ url: `http://127.0.0.1:${server.address().port}/in`, told, seen });
    } finally {
      server.close();
    }
  }

  // An administrator registers an endpoint once, and a step for each message and table.
  async function register(endpoint, message, more) {
    const find = async (collection, filter) =>
      (await crm.retrieveMultiple({ collection, filter })).value[0];
    const { sdkmessageid } = await find('sdkmessages', `name eq '${message}'`);
    const { sdkmessagefilterid } = await find('sdkmessagefilters',
      `primaryobjecttypecode eq 'lead' and _sdkmessageid_value eq ${sdkmessageid}`);
    const id = await crm.create({ collection: 'serviceendpoints',
      data: { name: 'Fairlead', contract: 8, authtype: 4, authvalue: 's3cret', ...endpoint } });
    await crm.create({ collection: 'sdkmessageprocessingsteps', data: {
      name: message, stage: 40, mode: 1, rank: 1,
      'sdkmessageid@odata.bind': `/sdkmessages(${sdkmessageid})`,
      'sdkmessagefilterid@odata.bind': `/sdkmessagefilters(${sdkmessagefilterid})`,
      'eventhandler_serviceendpoint@odata.bind': `/serviceendpoints(${id})`, ...more } });
    return id;
  }
  const target = ({ body }) => body.InputParameters[0].value;
  const attribute = (call, key) => target(call).Attributes.find((item) => item.key === key)?.value;

  test('tells of a new row, with a key in its address and no signature', async () => {
    await receiver([], async ({ url, told }) => {
      const endpoint = await register({ url }, 'Create');
      assert.equal((await crm.retrieve({ collection: 'serviceendpoints', key: endpoint }))
        .authvalue, null, 'a secret is never read back');
      const id = await make({ leadsourcecode: 8 });
      const call = await told();
      assert.equal(call.url, '/in?code=s3cret');
      assert.deepEqual([call.body.MessageName, call.body.PrimaryEntityName,
        call.body.PrimaryEntityId, call.body.Stage, call.body.Mode, call.body.Depth],
      ['Create', 'lead', id, 40, 1, 1]);
      assert.equal(call.headers['x-ms-dynamics-entity-name'], 'lead');
      assert.equal(call.headers['x-ms-dynamics-request-name'], 'Create');
      assert.equal(call.headers['x-ms-correlation-request-id'], call.body.CorrelationId);
      assert.equal(call.body.UserId, (await crm.callFunction('WhoAmI')).UserId, 'our own echo');
      assert.deepEqual(attribute(call, 'leadsourcecode'), { Value: 8,
        __type: 'OptionSetValue:http://schemas.microsoft.com/xrm/2011/Contracts' });
      assert.match(attribute(call, 'modifiedon'), /^\/Date\(\d+\)\/$/);
    });
  });

  test('tells of updates that send a filtered column, equal or not', async () => {
    await receiver([], async ({ url, told, seen }) => {
      const settings = '<settings><setting name="x-fairlead" value="h3ader" /></settings>';
      await register({ url, authtype: 5, authvalue: settings }, 'Update',
        { filteringattributes: 'statuscode,ownerid' });
      const key = await make();
      await crm.update({ collection: 'leads', key, data: { lastname: 'North' } });
      await crm.update({ collection: 'leads', key, data: { statuscode: 1, jobtitle: 'CEO' } });
      const call = await told();
      assert.equal(call.headers['x-fairlead'], 'h3ader');
      assert.deepEqual([attribute(call, 'statuscode').Value, attribute(call, 'jobtitle'),
        attribute(call, 'lastname')], [1, 'CEO', undefined]);
      assert.equal(seen.length, 1);
    });
  });

  test('tells of deletions, and loses all but the ids of what is large', async () => {
    await receiver([], async ({ url, told }) => {
      const settings = '<settings><setting name="who" value="f l" /></settings>';
      await register({ url, authtype: 6, authvalue: settings }, 'Delete');
      await register({ url: url + '?big=1' }, 'Create');
      await crm.createAttribute({ entityKey: "LogicalName='lead'", data: {
        '@odata.type': 'Microsoft.Dynamics.CRM.MemoAttributeMetadata',
        SchemaName: 'new_Long', MaxLength: 1048576 } });
      const key = await make({ new_long: 'x'.repeat(300000) });
      const big = await told();
      assert.equal(big.url, '/in?big=1&code=s3cret');
      assert.equal(big.headers['x-ms-dynamics-msg-size-exceeded'], 'True');
      assert.deepEqual([big.body.PrimaryEntityId, big.body.InputParameters], [key, undefined]);
      await crm.deleteRecord({ collection: 'leads', key });
      const call = await told();
      assert.equal(call.url, '/in?who=f%20l');
      assert.deepEqual([call.body.MessageName, target(call).Id, target(call).LogicalName],
        ['Delete', key, 'lead']);
    });
  });

  test('is tried once more after 502, 503, 504, and after nothing else', async () => {
    await receiver([503, 503, 500], async ({ url, told, seen }) => {
      await register({ url }, 'Create');
      const first = await make();
      await told();
      await sandbox.control('/clock', { step_ms: 5000 });
      assert.equal((await told()).body.PrimaryEntityId, first, 'once more');
      await sandbox.control('/clock', { step_ms: 600000 });
      const second = await make();
      assert.equal((await told()).body.PrimaryEntityId, second, 'not a third time');
      await sandbox.control('/clock', { step_ms: 600000 });
      const third = await make();
      assert.equal((await told()).body.PrimaryEntityId, third, 'a 500 is the end of it');
      assert.equal(seen.length, 4);
    });
  });

  test('is refused when it could not work', async () => {
    const url = 'https://f.example/in';
    await assert.rejects(register({ url: 'nowhere' }, 'Create'), refusal(400, '0x80040203'));
    await assert.rejects(register({ url, authtype: 5, authvalue: 'x' }, 'Create'),
      refusal(400, '0x80040203'));
    await assert.rejects(register({ url }, 'Create', { mode: 0 }), { status: 501 });
  });
});
