"use strict";
// Read-outs under the pointer. The page says everything without them.
(() => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const svgNames = document.querySelector("svg").namespaceURI;

  const nearest = (points, x, y, both, shape) => {
    let best = null;
    let least = Infinity;
    for (const point of points) {
      const dx = (point[0] - x) * shape[2];
      const dy = both ? (point[1] - y) * shape[3] : 0;
      const d = dx * dx + dy * dy;
      if (d < least) {
        least = d;
        best = point;
      }
    }
    return both && least > 900 ? null : best;
  };

  for (const figure of document.querySelectorAll("figure[data-read-out]")) {
    const told = JSON.parse(figure.dataset.readOut);
    const both = told.nearest === "xy";
    for (const svg of figure.querySelectorAll("svg[data-plot]")) {
      const shape = svg.dataset.plot.split(" ").map(Number);
      const cross = document.createElementNS(svgNames, both ? "circle" : "path");
      cross.setAttribute("class", "cross");
      const away = () => {
        tip.hidden = true;
        cross.remove();
      };
      const move = (event) => {
        const frame = svg.getBoundingClientRect();
        const scale = svg.viewBox.baseVal.width / frame.width;
        const x = ((event.clientX - frame.left) * scale - shape[0]) / shape[2];
        const y = ((event.clientY - frame.top) * scale - shape[1]) / shape[3];
        const point = x < -0.02 || x > 1.02 ? null : nearest(told.points, x, y, both, shape);
        if (!point || (both && (y < -0.05 || y > 1.05))) return away();
        const px = shape[0] + point[0] * shape[2];
        const py = shape[1] + point[1] * shape[3];
        if (both) {
          cross.setAttribute("cx", px);
          cross.setAttribute("cy", py);
          cross.setAttribute("r", 4);
        } else {
          cross.setAttribute("d", `M${px} ${shape[1]}v${shape[3]}`);
        }
        if (!cross.isConnected) svg.append(cross);
        tip.textContent = point[2];
        tip.hidden = false;
        const size = tip.getBoundingClientRect();
        const wide = document.documentElement.clientWidth;
        const left = Math.min(event.clientX + 14, wide - size.width - 8);
        const above = event.clientY - size.height - 14;
        tip.style.left = `${Math.max(8, left)}px`;
        tip.style.top = `${above > 8 ? above : event.clientY + 18}px`;
      };
      svg.addEventListener("pointermove", move);
      svg.addEventListener("pointerdown", move);
      svg.addEventListener("pointerleave", away);
    }
  }
})();
