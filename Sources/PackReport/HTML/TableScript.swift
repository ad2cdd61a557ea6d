/// Buttons that copy commands, and titles that sort tables. No text from data is ever parsed as HTML.
enum TableScript {
    static let text = #"""

        "use strict";
        const make = (tag, name, text) => {
          const element = document.createElement(tag);
          if (name) element.className = name;
          if (text !== undefined) element.textContent = text;
          return element;
        };

        for (const button of document.querySelectorAll(".copy")) {
          const code = button.parentNode.querySelector("code");
          button.hidden = false;
          button.setAttribute("aria-live", "polite");
          button.addEventListener("click", async () => {
            let done = true;
            try {
              await navigator.clipboard.writeText(code.textContent);
            } catch {
              getSelection().selectAllChildren(code);
              done = document.execCommand("copy");
            }
            button.textContent = done ? "Copied" : "Selected";
            setTimeout(() => { button.textContent = "Copy"; }, 1600);
          });
        }

        const scales = {B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KIB: 1024, MIB: 1048576, GIB: 1073741824,
          TIB: 1099511627776, K: 1e3, M: 1e6, G: 1e9, T: 1e12, MS: .001, S: 1, MIN: 60, "%": 1};
        const numberOf = (text) => {
          const parts = /([-+]?[\d,]*\.?\d+)\s*([a-z%]*)/i.exec(text);
          if (!parts) return NaN;
          const value = Number(parts[1].replace(/,/g, ""));
          return value * (scales[parts[2].toUpperCase()] ?? 1);
        };

        const sortBy = (table, column, isNumber, descending) => {
          const body = table.tBodies[0];
          const rows = [...body.rows].map((row, index) => {
            const text = row.cells[column]?.textContent ?? "";
            return {row, index, text, value: isNumber ? numberOf(text) : 0};
          });
          const sign = descending ? -1 : 1;
          rows.sort((a, b) => {
            if (isNumber && (isNaN(a.value) || isNaN(b.value))) return isNaN(a.value) - isNaN(b.value) || a.index - b.index;
            const order = isNumber ? a.value - b.value : a.text.localeCompare(b.text, "en", {numeric: true});
            return sign * order || a.index - b.index;
          });
          body.append(...rows.map((item) => item.row));
        };

        const makeSortable = (table) => {
          if (!table.tHead || table.tBodies[0].rows.length < 3) return;
          [...table.tHead.rows[0].cells].forEach((cell, column) => {
            if (!cell.textContent) return;
            const button = make("button", "", cell.textContent);
            button.type = "button";
            cell.replaceChildren(button);
            const isNumber = cell.classList.contains("n");
            button.addEventListener("click", () => {
              const now = cell.getAttribute("aria-sort");
              const next = now ? (now === "ascending" ? "descending" : "ascending") : isNumber ? "descending" : "ascending";
              for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
              cell.setAttribute("aria-sort", next);
              sortBy(table, column, isNumber, next === "descending");
            });
          });
        };
        document.querySelectorAll("section table").forEach(makeSortable);

        """#
}
