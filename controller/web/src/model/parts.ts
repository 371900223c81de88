// The room as flat parts, kept up by `parts` frames. Pure: it says what changed, and whoever shows it renders only that.
import type { Frame } from "./types";

export interface Change {
  set: string[]; // parts whose value is new or another
  gone: string[];
  lists: string[]; // "places", "cases", ...: lists that gained or lost an element, or were put in another order
}

// Two values of JSON.
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return left.length === Object.keys(b).length && left.every(([name, value]) => name in right && same(value, right[name]));
}

// "places/1-03" is an element of the list "places"; "journal" is no element.
export function listOf(key: string): string | null {
  const slash = key.indexOf("/");
  return slash < 0 ? null : key.slice(0, slash);
}

export class Parts {
  private values = new Map<string, unknown>();

  get(key: string): unknown {
    return this.values.get(key);
  }

  // The elements of a list, in the order in which the whole frame named them; later ones after these.
  keysOf(list: string): string[] {
    return [...this.values.keys()].filter((key) => listOf(key) === list);
  }

  apply(frame: Frame): Change {
    return frame.whole ? this.begin(frame) : this.goOn(frame);
  }

  // Everything known before is forgotten, but a part that is still the same is not told as changed: after a reconnect
  // nothing blinks.
  private begin(frame: Frame): Change {
    const before = this.values;
    this.values = new Map(Object.entries(frame.set));
    const gone = [...before.keys()].filter((key) => !this.values.has(key));
    const set: string[] = [];
    for (const [key, value] of this.values) {
      if (before.has(key) && same(before.get(key), value)) this.values.set(key, before.get(key));
      else set.push(key);
    }
    const orders = (values: Map<string, unknown>) => [...values.keys()].filter((key) => listOf(key) !== null).join("\n");
    const lists = new Set<string>();
    if (orders(before) !== orders(this.values)) {
      for (const key of [...before.keys(), ...this.values.keys()]) addList(lists, key);
    }
    return { set, gone, lists: [...lists] };
  }

  private goOn(frame: Frame): Change {
    const lists = new Set<string>();
    for (const [key, value] of Object.entries(frame.set)) {
      if (!this.values.has(key)) addList(lists, key);
      this.values.set(key, value);
    }
    const gone = frame.gone.filter((key) => this.values.delete(key));
    for (const key of gone) addList(lists, key);
    return { set: Object.keys(frame.set), gone, lists: [...lists] };
  }
}

function addList(lists: Set<string>, key: string): void {
  const list = listOf(key);
  if (list !== null) lists.add(list);
}
