// Names of the program as people read them.

const steps: Record<string, string> = {
  receive: "Receive",
  seat: "Seat",
  move: "Move",
  identify: "Identify",
  clear: "Clear for erasure",
  charge_gate: "Charge check",
  dfu: "Enter DFU",
  restore: "Restore",
  install_os: "Install macOS",
  first_boot: "First boot",
  enroll: "Enrol",
  configure: "Configure",
  charge: "Charge",
  checklist: "Checklist",
  label: "Label",
  pack: "Pack",
};

const kinds: Record<string, string> = {
  restore: "Restore slots",
  shelf: "Charge shelf",
  pack_table: "Pack table",
  panel: "panel",
  breaker: "breaker",
  pdu_input: "PDU input",
  bank: "bank",
  neutral: "neutral",
};

// "batch_lead" -> "batch lead"
export function plain(name: string): string {
  return name.replaceAll("_", " ");
}

export function stepWord(step: string): string {
  return steps[step] ?? plain(step);
}

export function stepNumber(visit: { step_number: number; steps: number }): string {
  return `${visit.step_number} of ${visit.steps}`;
}

export function kindWord(kind: string): string {
  return kinds[kind] ?? plain(kind);
}

// What is not known is said so; it is never a 0.
export function amps(value: number | null): string {
  return value === null ? "unknown" : `${value.toFixed(1)} A`;
}

export function percent(value: number | null): string {
  return value === null ? "unknown" : `${Math.round(value)} %`;
}

// The words of a wait begin with the person where one is waited for ("technician: Start the Mac ..."); where the card
// names the person already, only the rest is shown.
export function withoutOwner(words: string, owner: string | null): string {
  const head = owner === null ? "" : `${plain(owner)}: `;
  return head !== "" && words.startsWith(head) ? words.slice(head.length) : words;
}

export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
