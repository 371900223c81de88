// What the service says of the room, as it stands in GET /api/v1/room. A null is something that is not known.

export interface WaitsFor {
  kind: string; // circuit | pdu | rule | tool | mac | place | person
  name: string;
  words: string;
}

export interface Engine {
  gate: string;
  stage: string | null;
  percent: number | null;
}

export interface Visit {
  visit: number;
  serial: string;
  model: string;
  batch: string;
  recipe: string;
  step: string;
  step_number: number;
  steps: number;
  dfu_port: string | null; // of its model; null: not known
  attempt: number;
  bound_by: string | null;
  charge_percent: number | null;
  erased: boolean;
  engine: Engine | null;
}

export interface Port {
  mode: string;
  serial: string | null;
  ecid: string | null;
}

export interface Outlet {
  outlet: string;
  circuit: string;
  state: string; // on | off | unknown
  current_A: number | null;
  power_W: number | null;
  nameplate_A: number;
  protected: boolean;
  map_proven: boolean;
  locked_out_by: string[];
  waits_for: WaitsFor | null;
}

export interface Place {
  slot: string;
  bench: string;
  kind: string; // restore | shelf | pack_table
  state: string; // free | stranger | waiting | running | hands | held | done
  waits_for: WaitsFor | null;
  owner: string | null;
  since: string | null;
  deadline: string | null;
  visit: Visit | null;
  port: Port | null;
  outlet: Outlet | null;
}

export interface Chore {
  visit: number | null;
  serial: string | null;
  slot: string | null;
  owner: string;
  kind: string; // seat | move | tick | look | hold | keys | case
  case: number | null; // the number of the case that it is about
  to: string | null;
  words: string;
}

export interface Circuit {
  circuit: string;
  kind: string;
  parent: string | null;
  band: string;
  state: string; // in_use | locked_out | lost | tripped
  reading_A: number | null; // what its own meter reads
  present_A: number | null; // what flows as far as known, and nameplate for all that is not
  reserve_A: number | null; // set aside for outlets that may jump
  hard_sum_A: number | null; // present and reserve: what is granted, held at or below the hard limit
  hard_limit_A: number;
  soft_sum_A: number | null; // what is expected
  mean_10_min_A: number | null; // of what is expected, held below the continuous limit
  continuous_limit_A: number;
  protected_A: number | null;
  unknown_load: boolean;
  lowered_to_A: number | null;
  meter: string | null;
  outlets_on: number;
  outlets_off: number;
  outlets_unknown: number;
  outlets_protected: number;
  outlets_waiting_for_it: number;
}

export interface Pdu {
  pdu: string;
  circuit: string;
  model: string | null;
  identity: string | null;
  answers: boolean;
  line_state: string;
  read_only: boolean;
  locked_out: boolean;
  outlets_on: number;
  outlets_off: number;
  outlets_unknown: number;
}

export interface Batch {
  batch: string;
  due: string;
  macs: number;
  packed: number;
  in_cases: number;
  working: number;
  expected: number;
}

export interface Case {
  case: number;
  open: boolean;
  about: string;
  reason: string;
  serial: string | null;
  slot: string | null;
  words: string;
  next: string;
  owner: string;
  opened: string | null;
  deadline: string | null;
}

export interface Job {
  kind: string;
  about: string;
  words: string;
  command: string | null;
}

export interface ProtectedOutlet {
  outlet: string;
  visit: number;
  serial: string | null;
}

export interface Fact {
  seq: number;
  type: string;
  by: string;
  wall_us: number;
  body: Record<string, unknown>;
}

export interface Frame {
  whole: boolean;
  seq: number;
  wall: string;
  speed: number;
  set: Record<string, unknown>;
  gone: string[];
}
