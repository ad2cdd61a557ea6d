// Patches of images as panels, and rows as their phases.
#include "pack_windows.h"

#include <string.h>

#include "internal.h"

/// A piece of a panel that one copy fills: `count` values from `from` in each channel's plane, or zeros.
typedef struct {
    ptrdiff_t from; // negative: zeros
    size_t to;
    uint32_t count;
} piece;

enum { PIECES = 192 };

/// Neighbouring outputs of one panel that lie in one row of the output.
typedef struct {
    ptrdiff_t z, y, x; // input position of the first one at tap 0
    size_t to;
    size_t count;
} run;

enum { RUNS = 2 * PACK_PANEL };

/// `count` neighbouring values, at most PACK_PANEL, by overlapping copies of fixed size.
PACK_INLINE void copy_values(const float *from, size_t count, float *to) {
    if (count == PACK_PANEL) {
        memcpy(to, from, PACK_PANEL * sizeof *to);
    } else if (count >= 8) {
        memcpy(to, from, 8 * sizeof *to);
        memcpy(to + count - 8, from + count - 8, 8 * sizeof *to);
    } else if (count >= 4) {
        memcpy(to, from, 4 * sizeof *to);
        memcpy(to + count - 4, from + count - 4, 4 * sizeof *to);
    } else {
        PACK_REST for (size_t i = 0; i < count; i++) to[i] = from[i];
    }
}

typedef float four __attribute__((ext_vector_type(4)));

PACK_INLINE four load_four(const float *p) {
    four v;
    memcpy(&v, p, sizeof v);
    return v;
}

/// `count` values, `stride` apart. Nothing is read past the last.
PACK_INLINE void copy_spaced(const float *from, size_t stride, size_t count, float *to) {
    if (stride != 2) {
        PACK_REST for (size_t i = 0; i < count; i++) to[i] = from[i * stride];
        return;
    }
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        four low = load_four(from + 2 * i), high = load_four(from + 2 * i + 3);
        four even = __builtin_shufflevector(low, high, 0, 2, 5, 7);
        memcpy(to + i, &even, sizeof even);
    }
    PACK_REST for (; i < count; i++) to[i] = from[2 * i];
}

PACK_INLINE void fill_zeros(size_t count, float *to) {
    if (count >= 8) {
        memset(to, 0, 8 * sizeof *to);
        memset(to + count - 8, 0, 8 * sizeof *to);
    } else {
        PACK_REST for (size_t i = 0; i < count; i++) to[i] = 0.0f;
    }
}

/// Fills the pieces in the panels of all channels.
static void fill(
    const float *x, size_t channels, size_t plane, const piece *pieces, size_t count, size_t stride, float *panels,
    size_t step) {
    for (size_t channel = 0; channel < channels; channel++, x += plane, panels += step)
        for (size_t i = 0; i < count; i++) {
            const piece *p = &pieces[i];
            if (p->from < 0)
                fill_zeros(p->count, panels + p->to);
            else if (stride == 1)
                copy_values(x + p->from, p->count, panels + p->to);
            else
                copy_spaced(x + p->from, stride, p->count, panels + p->to);
        }
}

/// The runs of outputs from `first` on that make up to `limit` runs and whole panels; returns the panels.
static size_t find_runs(
    const pack_window *w, size_t first, size_t count, size_t panel_size, run *runs, size_t *found) {
    size_t width = w->output[2], total = w->output[0] * w->output[1] * width, panels = 0;
    *found = 0;
    for (; panels < count && *found + PACK_PANEL <= RUNS; panels++) {
        size_t lane = 0, at = first + panels * PACK_PANEL;
        while (lane < PACK_PANEL && at < total) {
            size_t column = at % width, row = at / width, length = pack_min(PACK_PANEL - lane, width - column);
            runs[(*found)++] = (run){
                (ptrdiff_t)(row / w->output[1] * w->stride[0]) - (ptrdiff_t)w->before[0],
                (ptrdiff_t)(row % w->output[1] * w->stride[1]) - (ptrdiff_t)w->before[1],
                (ptrdiff_t)(column * w->stride[2]) - (ptrdiff_t)w->before[2], panels * panel_size + lane, length};
            lane += length, at += length;
        }
        if (lane < PACK_PANEL) { // past the last output
            runs[(*found)++] = (run){-1, 0, 0, panels * panel_size + lane, PACK_PANEL - lane};
            runs[*found - 1].z = PTRDIFF_MIN;
        }
    }
    return panels;
}

/// The pieces of a run at one tap: zeros, values and zeros, of which any may be missing. Returns their number.
static size_t cut(const pack_window *w, const run *r, const size_t *tap, size_t to, piece *pieces) {
    size_t z = (size_t)r->z + tap[0] * w->dilation[0], y = (size_t)r->y + tap[1] * w->dilation[1], count = 0;
    to += r->to;
    // Positions before the first have wrapped.
    if (r->z == PTRDIFF_MIN || z >= w->input[0] || y >= w->input[1]) {
        pieces[0] = (piece){-1, to, (uint32_t)r->count};
        return 1;
    }
    ptrdiff_t x = r->x + (ptrdiff_t)(tap[2] * w->dilation[2]), stride = (ptrdiff_t)w->stride[2];
    ptrdiff_t width = (ptrdiff_t)w->input[2], length = (ptrdiff_t)r->count;
    ptrdiff_t low = x < 0 ? (stride - 1 - x) / stride : 0, high = x >= width ? 0 : (width - 1 - x) / stride + 1;
    if (low > length) low = length;
    if (high > length) high = length;
    if (high < low) high = low;
    if (low > 0) pieces[count++] = (piece){-1, to, (uint32_t)low};
    if (high > low)
        pieces[count++] = (piece){
            (ptrdiff_t)((z * w->input[1] + y) * w->input[2]) + x + low * stride, to + (size_t)low,
            (uint32_t)(high - low)};
    if (length > high) pieces[count++] = (piece){-1, to + (size_t)high, (uint32_t)(length - high)};
    return count;
}

void pack_patch_panels_f32(
    const float *x, size_t channels, const pack_window *w, size_t first, size_t count, float *panels) {
    run runs[RUNS];
    piece pieces[PIECES];
    size_t taps = w->kernel[0] * w->kernel[1] * w->kernel[2], plane = w->input[0] * w->input[1] * w->input[2];
    size_t panel_size = channels * taps * PACK_PANEL, step = taps * PACK_PANEL;
    while (count > 0) {
        size_t found, done = find_runs(w, first, count, panel_size, runs, &found), cuts = 0, index = 0, tap[3];
        for (tap[0] = 0; tap[0] < w->kernel[0]; tap[0]++)
            for (tap[1] = 0; tap[1] < w->kernel[1]; tap[1]++)
                for (tap[2] = 0; tap[2] < w->kernel[2]; tap[2]++, index++)
                    for (size_t i = 0; i < found; i++) {
                        if (cuts + 3 > PIECES) {
                            fill(x, channels, plane, pieces, cuts, w->stride[2], panels, step);
                            cuts = 0;
                        }
                        cuts += cut(w, &runs[i], tap, index * PACK_PANEL, pieces + cuts);
                    }
        fill(x, channels, plane, pieces, cuts, w->stride[2], panels, step);
        count -= done, first += done * PACK_PANEL, panels += done * panel_size;
    }
}

/// `count` neighbouring values.
PACK_INLINE void copy_row(const float *from, size_t count, float *to) {
    if (count > 4 * PACK_PANEL) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    for (; count > PACK_PANEL; count -= PACK_PANEL, from += PACK_PANEL, to += PACK_PANEL)
        memcpy(to, from, PACK_PANEL * sizeof *to);
    copy_values(from, count, to);
}

void pack_spread_f32(const float *x, size_t ldx, size_t rows, size_t columns, const pack_spread *s, float *to) {
    size_t phase = s->before[0] % s->stride[0], column = s->before[1] % s->stride[1];
    size_t place = s->before[1] / s->stride[1];
    to += s->before[0] / s->stride[0] * s->row;
    for (size_t row = 0; row < rows; row++, x += ldx) {
        float *line = to + phase * s->phase[0];
        if (s->stride[1] == 1) {
            copy_row(x, columns, line + place);
        } else {
            for (size_t start = 0, at = column, past = 0; start < s->stride[1] && start < columns; start++) {
                copy_spaced(
                    x + start, s->stride[1], (columns - start - 1) / s->stride[1] + 1,
                    line + at * s->phase[1] + place + past);
                if (++at == s->stride[1]) at = 0, past = 1;
            }
        }
        if (++phase == s->stride[0]) phase = 0, to += s->row;
    }
}

void pack_gather_rows_f32(const float *x, size_t ldx, size_t rows, size_t columns, float *y) {
    for (size_t row = 0; row < rows; row++, x += ldx, y += columns) copy_row(x, columns, y);
}

/// The outputs whose tap at `offset` (may be negative) lies inside of `extent`: first … end.
static void inside(ptrdiff_t offset, size_t stride, size_t extent, size_t outputs, size_t *first, size_t *end) {
    ptrdiff_t s = (ptrdiff_t)stride, low = offset < 0 ? (s - 1 - offset) / s : 0;
    ptrdiff_t high = offset >= (ptrdiff_t)extent ? 0 : ((ptrdiff_t)extent - 1 - offset) / s + 1;
    *end = pack_min((size_t)high, outputs);
    *first = pack_min((size_t)low, *end);
}

void pack_scatter_taps_f32(const float *columns, const pack_window *w, float *image) {
    size_t tap[3], first[3], end[3], outputs = w->output[0] * w->output[1] * w->output[2];
    ptrdiff_t offset[3];
    for (tap[0] = 0; tap[0] < w->kernel[0]; tap[0]++)
        for (tap[1] = 0; tap[1] < w->kernel[1]; tap[1]++)
            for (tap[2] = 0; tap[2] < w->kernel[2]; tap[2]++, columns += outputs) {
                for (int i = 0; i < 3; i++) {
                    offset[i] = (ptrdiff_t)(tap[i] * w->dilation[i]) - (ptrdiff_t)w->before[i];
                    inside(offset[i], w->stride[i], w->input[i], w->output[i], &first[i], &end[i]);
                }
                if (first[2] == end[2]) continue;
                for (size_t z = first[0]; z < end[0]; z++)
                    for (size_t y = first[1]; y < end[1]; y++) {
                        size_t row = (z * w->stride[0] + (size_t)offset[0]) * w->input[1] + y * w->stride[1] + (size_t)offset[1];
                        const float *from = columns + (z * w->output[1] + y) * w->output[2];
                        float *to = image + (ptrdiff_t)(row * w->input[2]) + offset[2];
                        if (w->stride[2] == 1)
                            for (size_t x = first[2]; x < end[2]; x++) to[x] += from[x];
                        else
                            for (size_t x = first[2]; x < end[2]; x++) to[x * w->stride[2]] += from[x];
                    }
            }
}

/// Rows of one value each.
static void resample_values(
    const float *x, size_t outputs, size_t taps, const float *weights, const int32_t *places, float outside, float *y) {
    for (size_t i = 0; i < outputs; i++, weights += taps, places += taps) {
        float sum = places[0] < 0 ? outside : weights[0] * x[places[0]];
        if (places[0] >= 0)
            for (size_t t = 1; t < taps; t++) sum += weights[t] * x[places[t]];
        y[i] = sum;
    }
}

void pack_resample_f32(
    const float *x, size_t inner, size_t outputs, size_t taps, const float *weights, const int32_t *places,
    float outside, float *y) {
    if (inner == 1) return resample_values(x, outputs, taps, weights, places, outside, y);
    for (size_t i = 0; i < outputs; i++, weights += taps, places += taps, y += inner) {
        if (places[0] < 0) {
            for (size_t j = 0; j < inner; j++) y[j] = outside;
            continue;
        }
        for (size_t t = 0; t < taps; t++) {
            const float *row = x + (size_t)places[t] * inner;
            float w = weights[t];
            if (t == 0)
                for (size_t j = 0; j < inner; j++) y[j] = w * row[j];
            else if (w != 0.0f)
                for (size_t j = 0; j < inner; j++) y[j] += w * row[j];
        }
    }
}
