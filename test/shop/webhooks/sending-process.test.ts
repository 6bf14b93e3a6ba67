import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bareArguments } from '../../../src/base/bare-process.ts';
import { SendingProcess } from '../../../src/shop/webhooks/sending-process.ts';
import { OK, Receiver, status } from './receiver.ts';

const NEVER = new AbortController().signal;

describe('the process that sends webhooks', () => {
  let receiver: Receiver;
  let sender: SendingProcess;
  let problems: string[];

  beforeEach(async () => {
    receiver = await Receiver.open();
    problems = [];
    sender = new SendingProcess({
      allowed: ['127.0.0.1'],
      user_agent: 'Till/test',
      onProblem: (problem) => problems.push(problem),
    });
  });
  afterEach(async () => {
    sender.close();
    await receiver.close();
  });

  const message = (id: number) => ({ url: receiver.url, headers: { 'webhook-id': `${id}` }, body: `{"id":${id}}` });

  it('does not run before it is needed, and sends what it is given', async () => {
    assert.equal(sender.pid, undefined);
    assert.deepEqual(await sender.send(message(1), NEVER), { kind: 'answered', status: 204 });
    const [first] = receiver.received;
    assert.deepEqual(
      [first?.headers['webhook-id'], first?.headers['user-agent'], first?.body],
      ['1', 'Till/test', '{"id":1}'],
    );
    assert.notEqual(sender.pid, undefined);
    receiver.answer = status(503, { 'retry-after': '7' });
    assert.deepEqual(await sender.send(message(2), NEVER), { kind: 'answered', status: 503, retry_after_seconds: 7 });
    assert.deepEqual(problems, []);
  });

  it('sends many at once, whatever their texts are', async () => {
    const bodies = Array.from(
      { length: 50 },
      (_, id) => `{"id":${id},"text":"Tür 💰 \\n\u2028${'x'.repeat(id * 97)}"}`,
    );
    await Promise.all(bodies.map((body) => sender.send({ url: receiver.url, headers: {}, body }, NEVER)));
    assert.deepEqual(receiver.received.map(({ body }) => body).sort(), [...bodies].sort());
  });

  it('sends messages in order, and none behind one that was not delivered', async () => {
    receiver.answer = (response, { event }) => response.writeHead(event.id === 3 ? 500 : 204).end();
    const sent = await sender.sendInOrder([message(1), message(2), message(3), message(4)], NEVER);
    assert.deepEqual(
      sent.map(({ outcome }) => (outcome.kind === 'answered' ? outcome.status : outcome.reason)),
      [204, 204, 500],
    );
    assert.deepEqual(receiver.ids, [1, 2, 3]);
  });

  it('is started again after it has died, and what was under way counts as failed', async () => {
    receiver.answer = () => {};
    const lost = sender.send(message(1), NEVER);
    await receiver.count(1);
    process.kill(sender.pid as number, 'SIGKILL');
    assert.deepEqual(await lost, { kind: 'failed', reason: 'the process that sends webhooks ended' });
    assert.deepEqual(problems, [
      'the process that sends webhooks ended (SIGKILL); it starts again with the next message',
    ]);
    receiver.answer = OK;
    assert.equal((await sender.send(message(2), NEVER)).kind, 'answered');
  });

  it('ends what is cancelled', async () => {
    receiver.answer = () => {};
    const abort = new AbortController();
    const outcome = sender.send(message(1), abort.signal);
    await receiver.count(1);
    abort.abort();
    assert.deepEqual(await outcome, { kind: 'failed', reason: 'the node stops' });
  });

  it('refuses private addresses, those of names too', async () => {
    const url = `https://127.0.0.2:${receiver.port}/`;
    assert.match(sender.refusalOf(url) ?? '', /private address/);
    const outcome = await sender.send({ url: `https://localhost:${receiver.port}/`, headers: {}, body: '{}' }, NEVER);
    assert.match(outcome.kind === 'failed' ? outcome.reason : '', /^localhost is .*, a private address/);
    assert.equal(receiver.received.length, 0);
  });

  const isStrict = process.allowedNodeEnvironmentFlags.has('--allow-net');
  it('may read no file and start no program', { skip: !isStrict && 'this Node has no permission for nets' }, () => {
    const entry = new URL('../../../src/shop/webhooks/sending-main.ts', import.meta.url);
    const args = bareArguments(entry, 64).slice(0, -1);
    for (const attempt of [
      "fs.readFileSync('/etc/passwd')",
      "fs.writeFileSync(os.tmpdir() + '/till-sending', '')",
      "child_process.execSync('true')",
      "new worker_threads.Worker('', { eval: true })",
    ]) {
      const code = `try { ${attempt}; console.log('done') } catch (error) { console.log(error.code) }`;
      const { stdout } = spawnSync(process.execPath, [...args, '-e', code], { encoding: 'utf8' });
      assert.equal(stdout.trim(), 'ERR_ACCESS_DENIED', attempt);
    }
  });
});
