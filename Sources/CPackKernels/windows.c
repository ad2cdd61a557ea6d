// Patches of images as panels, and rows as their phases.
#include "pack_windows.h"

#include <string.h>

#include "internal.h"

/// Neighbouring outputs of one panel that lie in one row of the output.
typedef struct {
    ptrdiff_t z, y, x; // input position of the first one at tap 0
    size_t lane, count;
} run;

/// `count` values, `stride` apart. Short runs are copied by overlapping pieces of fixed size.
PACK_INLINE void copy_run(const float *from, size_t stride, size_t count, float *to) {
    if (stride == 1) {
        if (count == PACK_PANEL) {
            memcpy(to, from, PACK_PANEL * sizeof *to);
        } else if (count >= 8) {
            memcpy(to, from, 32);
            memcpy(to + count - 8, from + count - 8, 32);
        } else if (count >= 4) {
            memcpy(to, from, 16);
            memcpy(to + count - 4, from + count - 4, 16);
        } else {
            PACK_REST for (size_t i = 0; i < count; i++) to[i] = from[i];
        }
    } else if (stride == 2 && count == PACK_PANEL) {
        PACK_UNROLL for (int i = 0; i < PACK_PANEL - 1; i++) to[i] = from[2 * i];
        to[PACK_PANEL - 1] = from[2 * (PACK_PANEL - 1)];
    } else {
        PACK_REST for (size_t i = 0; i < count; i++) to[i] = from[i * stride];
    }
}

/// What a run reads of one row of the input, from position `x` on; zeros outside of the row.
PACK_INLINE void fill_run(const float *row, size_t width, ptrdiff_t x, size_t stride, size_t count, float *to) {
    ptrdiff_t last = x + (ptrdiff_t)((count - 1) * stride);
    if (x >= 0 && last < (ptrdiff_t)width) return copy_run(row + x, stride, count, to);
    PACK_REST for (size_t i = 0; i < count; i++) {
        ptrdiff_t at = x + (ptrdiff_t)(i * stride);
        to[i] = at >= 0 && at < (ptrdiff_t)width ? row[at] : 0.0f;
    }
}

static size_t find_runs(const pack_window *w, size_t first, run *runs) {
    size_t width = w->output[2], total = w->output[0] * w->output[1] * width, count = 0, lane = 0;
    while (lane < PACK_PANEL && first + lane < total) {
        size_t at = first + lane, column = at % width, row = at / width;
        size_t length = pack_min(pack_min(PACK_PANEL - lane, width - column), total - at);
        runs[count++] = (run){
            (ptrdiff_t)(row / w->output[1] * w->stride[0]) - (ptrdiff_t)w->before[0],
            (ptrdiff_t)(row % w->output[1] * w->stride[1]) - (ptrdiff_t)w->before[1],
            (ptrdiff_t)(column * w->stride[2]) - (ptrdiff_t)w->before[2], lane, length};
        lane += length;
    }
    return count;
}

void pack_patch_panel_f32(const float *x, size_t channels, const pack_window *w, size_t first, float *panel) {
    run runs[PACK_PANEL];
    const float *rows[PACK_PANEL];
    size_t count = find_runs(w, first, runs), filled = count ? runs[count - 1].lane + runs[count - 1].count : 0;
    size_t plane = w->input[0] * w->input[1] * w->input[2];
    for (size_t channel = 0; channel < channels; channel++, x += plane)
        for (size_t kz = 0; kz < w->kernel[0]; kz++)
            for (size_t ky = 0; ky < w->kernel[1]; ky++) {
                for (size_t i = 0; i < count; i++) {
                    size_t z = (size_t)runs[i].z + kz * w->dilation[0], y = (size_t)runs[i].y + ky * w->dilation[1];
                    int inside = z < w->input[0] && y < w->input[1]; // positions before the first have wrapped
                    rows[i] = inside ? x + (z * w->input[1] + y) * w->input[2] : 0;
                }
                for (size_t kx = 0; kx < w->kernel[2]; kx++, panel += PACK_PANEL) {
                    for (size_t i = 0; i < count; i++) {
                        float *to = panel + runs[i].lane;
                        ptrdiff_t at = runs[i].x + (ptrdiff_t)(kx * w->dilation[2]);
                        if (rows[i])
                            fill_run(rows[i], w->input[2], at, w->stride[2], runs[i].count, to);
                        else
                            PACK_REST for (size_t j = 0; j < runs[i].count; j++) to[j] = 0.0f;
                    }
                    PACK_REST for (size_t j = filled; j < PACK_PANEL; j++) panel[j] = 0.0f;
                }
            }
}

void pack_spread_row_f32(const float *x, size_t n, size_t before, size_t stride, size_t phase, float *to) {
    if (stride == 1) {
        memcpy(to + before, x, n * sizeof *to);
        return;
    }
    for (size_t start = 0; start < stride && start < n; start++) {
        float *row = to + (before + start) % stride * phase + (before + start) / stride;
        for (size_t i = start; i < n; i += stride) *row++ = x[i];
    }
}
