// Text of others stays text. What would not be seen, or would change how the rest is seen, becomes a visible sign: the
// twin of `pages/text.rs`, held to the same cases by its test.

/** A run of plain text, or the sign of one character. */
export interface Piece {
  text: string;
  /** `U+001B`: which character the sign stands for. */
  code?: string;
}

// Control characters, and those that set the direction of text or take no room. The joiners are not among them: scripts
// and emoji are written with them.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

// Apart, because a search through all matches remembers where it is.
const ANY_HIDDEN = new RegExp(HIDDEN.source, 'u');

/** A text of one line, in pieces. */
export function line(text: string): Piece[] {
  const pieces: Piece[] = [];
  let run = '';
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    run += text.slice(from, match.index);
    from = match.index + match[0].length;
    const space = { '\n': ' ↵ ', '\r': '', '\t': ' ' }[match[0]];
    if (space !== undefined) {
      run += space;
      continue;
    }
    if (run) pieces.push({ text: run });
    run = '';
    pieces.push({ text: sign(match[0].codePointAt(0) ?? 0), code: numbered(match[0].codePointAt(0) ?? 0) });
  }
  run += text.slice(from);
  if (run) pieces.push({ text: run });
  return pieces;
}

/** For places that hold no markup. */
export function plain(text: string): string {
  return text.replace(HIDDEN, (c) => (c === '\n' || c === '\t' ? c : sign(c.codePointAt(0) ?? 0)));
}

function sign(code: number): string {
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '␡' : numbered(code);
}

const numbered = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;

/** Makes `text` the whole content of an element. */
export function show(element: Element, text: string): void {
  if (!ANY_HIDDEN.test(text)) {
    element.textContent = text;
    return;
  }
  element.replaceChildren(...line(text).map(node));
}

function node({ text, code }: Piece): Node {
  if (code === undefined) return document.createTextNode(text);
  const span = document.createElement('span');
  span.className = 'ctrl';
  span.title = code;
  span.textContent = text;
  return span;
}
