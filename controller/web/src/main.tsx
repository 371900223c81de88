import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/bench.css";
import "./style/dialog.css";
import "./style/power.css";
import "./style/batch.css";
import { render } from "preact";
import { sample, tick } from "./room";
import { listenToScanner } from "./scan";
import { openStream } from "./stream";
import { Shell } from "./views/shell";

const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(<Shell />, root);
}
listenToScanner();
openStream();
window.setInterval(() => {
  tick(performance.now());
  sample();
}, 1_000);
