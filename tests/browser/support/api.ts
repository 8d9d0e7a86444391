// What the program's own API answers, to hold the pages against.
import { expect } from '@playwright/test';
import type { Server } from './server';

export interface Log {
  id: string;
  time_ns: string | null;
  body: unknown;
  trace_id: string | null;
  span_id: string | null;
}

export interface Logs {
  rows: Log[];
  matched: number;
}

export interface Services {
  services: { name: string; spans: number }[];
}

export interface Traces {
  traces: { trace_id: string; root_name: string | null; span_count: number }[];
  matched: number;
}

export async function ask<T>(server: Server, path: string, parameters: Record<string, string> = {}): Promise<T> {
  const response = await fetch(`${server.ui}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

/** A count as the pages write it. */
export const count = (n: number): string => n.toLocaleString('en-GB');
