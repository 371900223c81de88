// The latest facts of the journal, each once. A stream that was cut off goes on where it ended, so what is known already
// may come again; a number that is left out means that something was lost on the way.
import type { Fact } from "./types";

export type Taken = "new" | "known" | "gap";

export class Facts {
  private kept: Fact[] = [];
  private lastSeq: number | null = null;

  constructor(private readonly most = 400) {}

  get last(): number | null {
    return this.lastSeq;
  }

  get latest(): readonly Fact[] {
    return this.kept;
  }

  // A gap is not taken: whoever reads the stream asks again from `last` + 1. `asked`: that was done, and this is the first
  // answer; the journal no longer has what is missing.
  take(fact: Fact, asked = false): Taken {
    if (this.lastSeq !== null && fact.seq <= this.lastSeq) return "known";
    if (this.lastSeq !== null && fact.seq !== this.lastSeq + 1 && !asked) return "gap";
    this.lastSeq = fact.seq;
    this.kept = [...this.kept.slice(-(this.most - 1)), fact];
    return "new";
  }

  // Another journal: its numbers mean other facts.
  forget(): void {
    this.kept = [];
    this.lastSeq = null;
  }
}
