import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/bench.css";
import "./style/dialog.css";
import "./style/power.css";
import "./style/batch.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { roomName, sample, tick } from "./room";
import { listenToScanner } from "./scan";
import { openStream } from "./stream";
import { Shell } from "./views/shell";

const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(<Shell />, root);
}
effect(() => void (document.title = roomName.value === "" ? "Greenroom" : `${roomName.value} · Greenroom`));
listenToScanner();
openStream();
window.setInterval(() => {
  tick(performance.now());
  sample();
}, 1_000);
