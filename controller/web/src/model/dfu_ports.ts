// Where the data cable goes for DFU, as it is drawn: one side of the Mac with its sockets, and which of them it is. A scheme,
// not a portrait: sockets that help to find the right one, in their order, and no others.

export type Socket = "usb" | "power" | "ethernet" | "hdmi" | "button";

export interface DfuPicture {
  side: string; // what one looks at
  where: string; // the port that is marked
  laptop: boolean; // drawn with its lid, hinge on the left
  sockets: readonly Socket[];
  marked: number;
}

const left = { side: "Left side", laptop: true, sockets: ["usb", "usb"] } as const;
const back = { side: "Back", laptop: false } as const;

const pictures: ReadonlyMap<string, DfuPicture> = new Map<string, DfuPicture>([
  ["left_back", { ...left, where: "nearest to the hinge", marked: 0 }],
  ["left_front", { ...left, where: "nearest to the front", marked: 1 }],
  ["back_by_power", { ...back, where: "nearest to the power inlet", sockets: ["power", "usb", "usb"], marked: 1 }],
  ["back_middle", { ...back, where: "the middle one", sockets: ["usb", "usb", "usb"], marked: 1 }],
  ["back_right", { ...back, where: "the rightmost", sockets: ["usb", "usb", "usb", "usb"], marked: 3 }],
  ["back_by_ethernet", { ...back, where: "next to Ethernet", sockets: ["usb", "usb", "usb", "usb", "ethernet"], marked: 3 }],
  ["back_by_hdmi", { ...back, where: "next to HDMI", sockets: ["usb", "usb", "usb", "usb", "hdmi"], marked: 3 }],
  ["mac_pro_2019", { side: "Top of a tower", laptop: false, where: "farthest from the power button", sockets: ["button", "usb", "usb"], marked: 2 }],
]);

// null: which port is not known, so that none is drawn.
export const pictureOf = (port: string | null): DfuPicture | null => (port === null ? null : (pictures.get(port) ?? null));

// The instruction of such a chore is about the keys of a Mac, or the button of one.
export const asksForKeys = (kind: string): boolean => kind === "keys" || kind === "hold";
