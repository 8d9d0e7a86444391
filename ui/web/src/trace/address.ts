// The address bar says what is shown, so that a copied link shows the same.
import type { Model } from './model';
import { idOf } from './skeleton';

export interface Asked {
  span: string;
  errorsOnly: boolean;
  everySpan: boolean;
  service: string | null;
  zoom: [number, number] | null;
}

export function asked(search: string): Asked {
  const params = new URLSearchParams(search);
  const stretch = /^(\d{1,20})-(\d{1,20})$/.exec(params.get('in') ?? '');
  return {
    span: params.get('span') ?? '',
    errorsOnly: params.get('errors') === 'only',
    everySpan: params.get('rows') === 'spans',
    service: params.get('service') || null,
    zoom: stretch ? [Number(stretch[1]), Number(stretch[2])] : null,
  };
}

/** The parameters of what is shown; what others keep in the address stays. */
export function written(search: string, model: Model, span: string | null): string {
  const params = new URLSearchParams(search);
  const set = (name: string, value: string | null): void => (value ? params.set(name, value) : params.delete(name));
  params.delete('page');
  if (span !== null) set('span', span);
  set('errors', model.errorsOnly ? 'only' : null);
  set('rows', model.everySpan ? 'spans' : null);
  set('service', model.service);
  set('in', model.isWhole ? null : model.zoom.map((ns) => Math.round(ns)).join('-'));
  const text = params.toString();
  return text ? `?${text}` : '';
}

let waiting = 0;

/** Browsers refuse an address that changes too often: a drag is written when it rests. */
export function writeAddress(model: Model, span: string | null): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => history.replaceState(history.state, '', location.pathname + written(location.search, model, span)), 60);
}

export const idOrNone = (model: Model): string => (model.selected < 0 ? '' : idOf(model.s, model.selected));
