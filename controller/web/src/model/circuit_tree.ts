// Circuits as the tree that they are: each after its parent, with its depth; siblings in the room's order.
import type { Circuit } from "./types";

export interface Node {
  name: string;
  depth: number;
}

export function treeOf(circuits: readonly Circuit[]): Node[] {
  const names = new Set(circuits.map((c) => c.circuit));
  const rows: Node[] = [];
  const add = (parent: string | null, depth: number) => {
    for (const c of circuits) {
      const under = c.parent !== null && names.has(c.parent) ? c.parent : null;
      if (under !== parent) continue;
      rows.push({ name: c.circuit, depth });
      add(c.circuit, depth + 1);
    }
  };
  add(null, 0);
  return rows;
}
