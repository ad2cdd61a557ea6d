/// The treemap: a button a part, so that it can be read and worked by keyboard. Only what is on the screen is laid out, so
/// the number of nodes hardly matters.
enum TreemapScript {
    static let text = TreemapLayoutScript.text + drawing

    /// Buttons, the way back, and what is told about a part.
    private static let drawing = #"""

        const place = document.getElementById("treemap");
        const kinds = place.dataset.kinds.split(" ");
        const map = place.querySelector(".map");
        const root = nodeOf(JSON.parse(document.getElementById("treemap-data").textContent), null);
        const tip = make("div", "tip");
        tip.setAttribute("aria-hidden", "true");
        let here = root, cells = [];

        const pathOf = (node) => node.parent ? [...pathOf(node.parent), node] : [node];
        const factsOf = (node) => {
          const whole = shareOf(node.bytes, root.bytes) + " of all";
          const share = here === root ? whole : shareOf(node.bytes, here.bytes) + " of " + here.name + ", " + whole;
          return [kinds[node.kind], grouped(node.bytes) + " B (" + sized(node.bytes) + ")", share, node.note].filter(Boolean).join(" · ");
        };

        const draw = (node, box, depth) => {
          for (const item of squarify(visibleParts(node, box, depth ? 60 : 110), box)) {
            if (cells.length >= 1500) return;
            const isGroup = opens(item.node) && depth < 6 && item.w > 64 && item.h > 46;
            cells.push({...item, isGroup});
            if (isGroup) draw(item.node, {x: item.x + 3, y: item.y + 19, w: item.w - 6, h: item.h - 22}, depth + 1);
          }
        };

        const cellOf = (item, index) => {
          const {node} = item;
          const cell = make("button", "cell k" + node.kind + (item.isGroup ? " group" : "") + (opens(node) ? " opens" : ""));
          cell.type = "button";
          cell.tabIndex = index ? -1 : 0;
          cell.dataset.index = index;
          for (const [side, value] of [["left", item.x], ["top", item.y], ["width", item.w], ["height", item.h]]) {
            cell.style[side] = value.toFixed(2) + "px";
          }
          cell.setAttribute("aria-label", node.name + ", " + factsOf(node) + (opens(node) ? ", opens" : ""));
          if (item.w < 30 || item.h < 17) { cell.style.padding = 0; return cell; }
          if (item.isGroup) cell.append(make("b", "", node.name + " · " + sized(node.bytes)));
          else {
            cell.append(make("b", "", node.name));
            if (item.h > 36) cell.append(make("span", "", sized(node.bytes)));
          }
          return cell;
        };

        const show = (target) => {
          here = target;
          cells = [];
          const box = {x: 0, y: 0, w: map.clientWidth, h: map.clientHeight};
          if (here.bytes > 0 && opens(here)) draw(here, box, 0);
          map.replaceChildren(...cells.map(cellOf));
          if (!cells.length) map.append(make("p", "info", "Nothing to show."));
          showCrumbs();
          showParts();
          tell(null);
        };

        const goTo = (node, focus) => {
          const from = here;
          show(node);
          if (!focus || !cells.length) return;
          const back = cells.findIndex((item) => item.node === from || item.node.parts?.includes(from));
          focusCell(Math.max(back, 0));
        };

        const showCrumbs = () => {
          const path = pathOf(here);
          place.querySelector(".crumbs ol").replaceChildren(...path.map((node) => {
            const item = make("li");
            const isHere = node === here;
            const part = make(isHere ? "span" : "button", "", isHere ? node.name + " · " + sized(node.bytes) : node.name);
            if (isHere) part.setAttribute("aria-current", "location");
            else part.addEventListener("click", () => goTo(node, true));
            item.append(part);
            return item;
          }));
        };

        const showParts = () => {
          const table = make("table"), head = table.createTHead().insertRow(), body = table.createTBody();
          for (const [title, name] of [["PART", ""], ["KIND", ""], ["BYTES", "n"], ["SHARE", "n"]]) {
            const cell = make("th", name, title);
            cell.scope = "col";
            head.append(cell);
          }
          for (const node of partsOf(here).slice(0, 10)) {
            const row = body.insertRow();
            const first = make("td", "w");
            if (opens(node)) {
              const link = make("button", "link", node.name);
              link.type = "button";
              link.addEventListener("click", () => goTo(node, true));
              first.append(link);
            } else first.textContent = node.name;
            row.append(first, make("td", "", kinds[node.kind]), make("td", "n", grouped(node.bytes)),
              make("td", "n", shareOf(node.bytes, here.bytes)));
          }
          const more = partsOf(here).length - 10;
          if (more > 0) {
            const cell = make("td", "faint", "and " + grouped(more) + " more");
            cell.colSpan = 4;
            table.createTFoot().insertRow().append(cell);
          }
          place.querySelector(".scroll").replaceChildren(table);
          makeSortable(table);
        };

        const tell = (node) => {
          const words = node ? pathOf(node).slice(pathOf(here).length).map((part) => part.name).join(" › ") + " · " + factsOf(node)
            : "Point at a part to see what it is; choose it to zoom in.";
          place.querySelector(".info").textContent = words;
          tip.remove();
        };

        const showTip = (node, x, y) => {
          tip.replaceChildren(make("b", "", node.name), make("span", "", factsOf(node)));
          map.append(tip);
          const left = Math.max(4, Math.min(x + 14, map.clientWidth - tip.offsetWidth - 4));
          const top = y + 18 + tip.offsetHeight > map.clientHeight ? y - tip.offsetHeight - 10 : y + 18;
          tip.style.left = left + "px";
          tip.style.top = Math.max(4, top) + "px";
        };

        const itemOf = (event) => cells[event.target.closest?.(".cell")?.dataset.index];
        map.addEventListener("click", (event) => {
          const item = itemOf(event);
          if (item && opens(item.node)) goTo(item.node, event.detail === 0);
          else if (item) tell(item.node);
        });
        map.addEventListener("pointermove", (event) => {
          const item = itemOf(event);
          if (!item) return;
          const frame = map.getBoundingClientRect();
          tell(item.node);
          if (event.pointerType === "mouse") showTip(item.node, event.clientX - frame.left, event.clientY - frame.top);
        });
        map.addEventListener("pointerleave", () => tell(null));
        map.addEventListener("focusin", (event) => { const item = itemOf(event); if (item) tell(item.node); });

        const focusCell = (index) => {
          for (const cell of map.querySelectorAll(".cell[tabindex='0']")) cell.tabIndex = -1;
          const cell = map.querySelector(".cell[data-index='" + index + "']");
          cell.tabIndex = 0;
          cell.focus();
        };
        const centerOf = (item) => [item.x + item.w / 2, item.isGroup ? item.y + 9 : item.y + item.h / 2];
        const holds = (a, b) => a.isGroup && a.x <= b.x && a.y <= b.y && a.x + a.w >= b.x + b.w && a.y + a.h >= b.y + b.h;
        const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
        map.addEventListener("keydown", (event) => {
          const item = itemOf(event);
          if ((event.key === "Escape" || event.key === "Backspace") && here.parent) {
            event.preventDefault();
            goTo(here.parent, true);
          }
          if (event.key === "Home") { event.preventDefault(); goTo(root, true); }
          const step = steps[event.key];
          if (!step || !item) return;
          event.preventDefault();
          const [x, y] = centerOf(item);
          let best = -1, least = Infinity;
          cells.forEach((other, index) => {
            if (step[0] && (holds(other, item) || holds(item, other))) return;
            const [a, b] = centerOf(other);
            const ahead = (a - x) * step[0] + (b - y) * step[1];
            const aside = Math.abs((a - x) * step[1]) + Math.abs((b - y) * step[0]);
            if (other !== item && ahead > 1 && ahead + 3 * aside < least) { least = ahead + 3 * aside; best = index; }
          });
          if (best >= 0) focusCell(best);
        });

        place.hidden = false;
        const used = new Set([root.kind, kinds.indexOf("other")]);
        for (const open = [root.raw ?? []]; open.length;) {
          for (const raw of open.pop()) { used.add(raw[2]); if (raw[4]) open.push(raw[4]); }
        }
        kinds.forEach((kind, index) => {
          if (!used.has(index)) return;
          const item = make("li");
          item.append(make("i", "k" + index), kind);
          place.querySelector(".legend").append(item);
        });
        show(root);
        let width = map.clientWidth;
        new ResizeObserver(() => {
          if (map.clientWidth === width) return;
          width = map.clientWidth;
          show(here);
        }).observe(map);

        """#
}
