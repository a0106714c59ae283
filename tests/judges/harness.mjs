// Starts `fairlead sandbox` for a test and ends it; asks its control API. The program is
// named by $FAIRLEAD.
import { spawn } from 'node:child_process';
import dns from 'node:dns';

const START_MS = 15000;

export class Sandbox {
  static async start() {
    const sandbox = new Sandbox();
    const program = process.env.FAIRLEAD;
    if (!program) throw new Error('FAIRLEAD does not name the program');
    sandbox.child = spawn(program, ['sandbox', '--listen', '127.0.0.1:0'],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    sandbox.url = await sandbox.address();
    return sandbox;
  }

  // The address that it prints once it listens.
  address() {
    return new Promise((resolve, reject) => {
      let said = '';
      const timer = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error('the sandbox does not start: ' + said));
      }, START_MS);
      const read = (bytes) => {
        said += bytes;
        const found = /(http:\/\/127\.0\.0\.1:\d+)/.exec(said);
        if (!found) return;
        clearTimeout(timer);
        resolve(found[1]);
      };
      this.child.stdout.on('data', read);
      this.child.stderr.on('data', read);
      this.child.on('error', reject);
      this.child.on('exit', (code) => reject(new Error(`the sandbox ended (${code}): ${said}`)));
    });
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`the sandbox ended with ${code}`);
  }

  // Lets the sandbox's time pass until something has come true, and gives what that is.
  async passing(condition, what = 'it', step_ms = 1000) {
    const end = Date.now() + 10000;
    for (;;) {
      const value = await condition();
      if (value) return value;
      if (Date.now() > end) throw new Error(`${what} did not come true`);
      await this.control('/clock', { step_ms });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  // GET without a body, else POST; `method` says otherwise.
  async control(path, body, method = body === undefined ? 'GET' : 'POST') {
    const answer = await fetch(this.url + '/_sandbox' + path, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }
}

// Hosts below `suffix` are this machine from now on: for clients whose paths leave no room
// for the vendor's prefix. The sandbox knows the vendor by its host's name.
export function resolveHere(suffix) {
  const lookup = dns.lookup;
  dns.lookup = (host, ...rest) => lookup(host.endsWith(suffix) ? '127.0.0.1' : host, ...rest);
}
