// The side of a Mac that has its DFU port, with that port marked. Its words stand in the instruction beside it as well.
import type { Chore } from "../model/types";
import { asksForKeys, pictureOf, type DfuPicture, type Socket } from "../model/dfu_ports";
import { dfuPorts } from "../room";

const pitch = 24; // from one socket to the next

function SocketShape({ socket, x, marked }: { socket: Socket; x: number; marked: boolean }) {
  switch (socket) {
    case "usb":
      return <rect class={marked ? "marked" : undefined} x={x - 8} y="55" width="16" height="6" rx="3" />;
    case "hdmi":
      return <path d={`M${x - 9} 54h18v4l-3 4h-12l-3-4z`} />;
    case "ethernet":
      return <path d={`M${x - 7} 64v-9h4v-3h6v3h4v9z`} />;
    case "power":
    case "button":
      return <circle cx={x} cy="58" r="6" />;
  }
}

const names: Record<Socket, string> = { usb: "", power: "power", ethernet: "Ethernet", hdmi: "HDMI", button: "power button" };

function Drawing({ picture }: { picture: DfuPicture }) {
  const first = picture.laptop ? 44 : 100 - ((picture.sockets.length - 1) * pitch) / 2;
  const at = (i: number) => first + i * pitch;
  const x = at(picture.marked);
  return (
    <svg class="dfu-picture" viewBox="0 0 200 104" width="200" height="104" role="img" aria-label={`${picture.side}: the USB-C port ${picture.where}`}>
      {picture.laptop ? (
        <path d="M20 50h164a4 4 0 0 1 4 4v6a6 6 0 0 1-6 6H26a6 6 0 0 1-6-6zM22 50L8 14" />
      ) : (
        <rect x="20" y="44" width="160" height="28" rx="6" />
      )}
      {picture.sockets.map((socket, i) => <SocketShape key={i} socket={socket} x={at(i)} marked={i === picture.marked} />)}
      <path class="pointer" d={`M${x} 98V76M${x - 5} 82l5-6 5 6`} />
      <text x={x + 8} y="96">data cable</text>
      {picture.sockets.map((socket, i) => names[socket] !== "" && <text key={i} x={at(i)} y="38" text-anchor="middle">{names[socket]}</text>)}
      {picture.laptop && <text x="26" y="44">hinge</text>}
      {picture.laptop && <text x="184" y="44" text-anchor="end">front</text>}
      <text class="side" x="192" y="14" text-anchor="end">{picture.side}</text>
    </svg>
  );
}

// Nothing where the chore is another, or the port of this model is not known.
export function DfuHint({ chore }: { chore: Chore }) {
  if (!asksForKeys(chore.kind) || chore.visit === null) return null;
  const picture = pictureOf(dfuPorts.value.get(chore.visit) ?? null);
  return picture === null ? null : <Drawing picture={picture} />;
}
