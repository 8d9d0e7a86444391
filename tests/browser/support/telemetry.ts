// OTLP/JSON requests, made from few words. Times are whole numbers of nanoseconds as text, as the protocol has them.
export interface SpanIn {
  id: string;
  parent?: string;
  name: string;
  service: string;
  startMs: number;
  durationMs: number;
  kind?: number;
  error?: boolean;
  attributes?: Record<string, string>;
}

export interface LogIn {
  atMs: number;
  service: string;
  body: string;
  severity?: number;
  trace?: string;
  span?: string;
  attributes?: Record<string, string>;
}

const attributes = (map: Record<string, string> = {}): object[] =>
  Object.entries(map).map(([key, stringValue]) => ({ key, value: { stringValue } }));

const resource = (service: string): object => ({ attributes: attributes({ 'service.name': service }) });

const nanos = (ms: number): string => (BigInt(Math.round(ms * 1000)) * 1000n).toString();

function byService<T extends { service: string }>(items: T[]): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(item.service, [...(groups.get(item.service) ?? []), item]);
  return [...groups];
}

export function traceRequest(traceId: string, spans: SpanIn[]): object {
  const resourceSpans = byService(spans).map(([service, own]) => ({
    resource: resource(service),
    scopeSpans: [{ spans: own.map((span) => spanJson(traceId, span)) }],
  }));
  return { resourceSpans };
}

function spanJson(traceId: string, span: SpanIn): object {
  return {
    traceId,
    spanId: span.id,
    ...(span.parent ? { parentSpanId: span.parent } : {}),
    name: span.name,
    kind: span.kind ?? 2,
    startTimeUnixNano: nanos(span.startMs),
    endTimeUnixNano: nanos(span.startMs + span.durationMs),
    attributes: attributes(span.attributes),
    ...(span.error ? { status: { code: 2, message: 'it failed' } } : {}),
  };
}

export function logsRequest(logs: LogIn[]): object {
  const resourceLogs = byService(logs).map(([service, own]) => ({
    resource: resource(service),
    scopeLogs: [{ logRecords: own.map(logJson) }],
  }));
  return { resourceLogs };
}

function logJson(log: LogIn): object {
  return {
    timeUnixNano: nanos(log.atMs),
    severityNumber: log.severity ?? 9,
    body: { stringValue: log.body },
    attributes: attributes(log.attributes),
    ...(log.trace ? { traceId: log.trace } : {}),
    ...(log.span ? { spanId: log.span } : {}),
  };
}

/** A number as an identifier of so many hexadecimal digits. */
export const id = (n: number, digits: number): string => (n + 1).toString(16).padStart(digits, '0');
