/// Numbers, nodes and rectangles of the treemap: a squarified layout (Bruls, Huizing and van Wijk, "Squarified Treemaps",
/// 2000). What would be too small to see is counted together.
enum TreemapLayoutScript {
    static let text = #"""

        const units = ["B", "KB", "MB", "GB", "TB"];
        const grouped = (count) => count.toLocaleString("en-US");
        const sized = (bytes) => {
          let unit = 0;
          while (bytes >= 999.5 && unit < 4) { bytes /= 1000; unit += 1; }
          return (unit ? String(Number(bytes.toPrecision(3))) : grouped(bytes)) + " " + units[unit];
        };
        const shareOf = (part, whole) => {
          const share = whole > 0 ? 100 * part / whole : 0;
          return share > 0 && share < .1 ? "<0.1 %" : (share < 10 ? share.toFixed(1) : Math.round(share)) + " %";
        };

        const nodeOf = (raw, parent) => ({name: raw[0], bytes: raw[1], kind: raw[2], note: raw[3] || "", raw: raw[4], parent});
        const partsOf = (node) => {
          if (!node.parts) {
            node.parts = (node.raw ?? []).map((raw) => nodeOf(raw, node));
            const rest = node.bytes - node.parts.reduce((sum, part) => sum + part.bytes, 0);
            if (node.parts.length && rest > 0) node.parts.push(nodeOf(["not listed", rest, kinds.indexOf("other")], node));
            node.parts.sort((a, b) => b.bytes - a.bytes);
          }
          return node.parts;
        };
        const opens = (node) => Boolean(node.parts?.length || node.raw?.length);

        /* The greatest ratio of sides in a row of areas between `least` and `most` with the sum `sum` along a side. */
        const worst = (most, least, sum, side) => Math.max(side * side * most / (sum * sum), sum * sum / (side * side * least));

        const squarify = (nodes, box) => {
          let {x, y, w, h} = box;
          const total = nodes.reduce((sum, node) => sum + node.bytes, 0);
          const scale = w * h / total;
          const out = [];
          let start = 0;
          while (start < nodes.length && w > 0 && h > 0) {
            const side = Math.min(w, h);
            const most = nodes[start].bytes * scale;
            let sum = most, ratio = worst(most, most, most, side), end = start + 1;
            for (; end < nodes.length; end += 1) {
              const area = nodes[end].bytes * scale;
              const next = worst(most, area, sum + area, side);
              if (next > ratio) break;
              ratio = next;
              sum += area;
            }
            const thick = end === nodes.length ? Math.max(w, h) : sum / side;
            let along = w >= h ? y : x;
            for (const node of nodes.slice(start, end)) {
              const length = node.bytes * scale / sum * side;
              out.push(w >= h ? {node, x, y: along, w: thick, h: length} : {node, x: along, y, w: length, h: thick});
              along += length;
            }
            if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
            start = end;
          }
          return out;
        };

        /* Parts that can be seen, the rest as one. */
        const visibleParts = (node, box, least) => {
          const parts = partsOf(node).filter((part) => part.bytes > 0);
          const scale = box.w * box.h / parts.reduce((sum, part) => sum + part.bytes, 0);
          const count = parts.findIndex((part) => part.bytes * scale < least);
          if (count < 0 || parts.length - count < 2) return parts;
          const small = parts.slice(count);
          const bytes = small.reduce((sum, part) => sum + part.bytes, 0);
          const rest = {name: grouped(small.length) + " smaller", bytes, kind: kinds.indexOf("other"), note: "", parent: node,
            parts: small};
          return [...parts.slice(0, count), rest].sort((a, b) => b.bytes - a.bytes);
        };

        """#
}
