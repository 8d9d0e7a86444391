// The real program in a temporary folder, on free ports.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export interface Server {
  ui: string;
  otlpHttp: string;
  send(signal: 'traces' | 'logs', request: unknown): Promise<void>;
  /** Sends a file by the program's own `import`. */
  importFile(path: string): Promise<void>;
  stop(): Promise<void>;
}

/** `settings` are environment variables of the program. */
export async function startServer(command: string[] = ['serve'], settings: Record<string, string> = {}): Promise<Server> {
  const binary = process.env['CLEARSPAN_BIN'];
  if (!binary) throw new Error('CLEARSPAN_BIN must name the binary; `make test-browser` builds it');
  const folder = mkdtempSync(join(tmpdir(), 'clearspan-browser-'));
  const ports = ['--otlp-grpc', '127.0.0.1:0', '--otlp-http', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const child = spawn(binary, [...command, '--data-dir', join(folder, 'data'), ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, CLEARSPAN_LOG__LEVEL: 'warn', ...settings },
  });
  const urls = await ready(child);
  const otlpHttp = urls.get('otlp-http') ?? '';
  return {
    ui: urls.get('ui') ?? '',
    otlpHttp,
    send: (signal, request) => send(`${otlpHttp}/v1/${signal}`, request),
    importFile: async (path) => {
      await promisify(execFile)(binary, ['import', path, '--to', otlpHttp]);
    },
    stop: async () => {
      if (child.exitCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// The three lines that say where it listens.
function ready(child: ChildProcess): Promise<Map<string, string>> {
  const urls = new Map<string, string>();
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the program ended with ${code} before it was ready`)));
    if (!child.stdout) return reject(new Error('the program has no standard output'));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [name, url] = line.split(' ');
      if (name && url && ['otlp-grpc', 'otlp-http', 'ui'].includes(name)) urls.set(name, url);
      if (urls.size === 3) resolve(urls);
    });
  });
}

async function send(url: string, request: unknown): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const answer = (await response.json()) as { partialSuccess?: object };
  if (!response.ok || Object.keys(answer.partialSuccess ?? {}).length > 0) {
    throw new Error(`${url} answered ${response.status} ${JSON.stringify(answer)}`);
  }
}
