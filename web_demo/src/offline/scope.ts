/** What a service worker offers, and where the page lies. */

import type { Used } from "./versions";

// TypeScript cannot have the types of pages and of service workers in one project: this is what is used of the latter.
export interface Extendable extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
export interface Fetching extends Extendable {
  readonly request: Request;
  readonly clientId: string;
  readonly resultingClientId: string;
  respondWith(response: Promise<Response>): void;
}
export interface Message extends Extendable {
  readonly data: { readonly keep?: Used; readonly received?: readonly string[] };
  readonly source: { readonly id: string } | null;
  readonly ports: readonly MessagePort[];
}
export interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void>; matchAll(): Promise<readonly { readonly id: string }[]> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: Message) => void): void;
}

export const worker = self as unknown as Scope;
/** The page's folder, with its last slash. */
export const BASE = worker.registration.scope;
export const INDEX = "index.html";
export const PAGE = "page.json";

/** The path of a URL below the page's folder, without its query; null for anything else. */
export function pathOf(url: string): string | null {
  const plain = url.replace(/[?#].*$/, "");
  return plain.startsWith(BASE) ? plain.slice(BASE.length) || INDEX : null;
}
