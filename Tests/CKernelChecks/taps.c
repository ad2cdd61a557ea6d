#include "support.h"

static void check_taps(pack_tap_rows_kernel kernel, sequence *s, size_t n, size_t taps, int weighted, kernel_check *r) {
    size_t room = (n + PACK_PANEL - 1) / PACK_PANEL * PACK_PANEL + 40;
    float *x = guarded(room * 4), *w = guarded(taps * 4 + 4), *y = guarded(n * 4);
    size_t *offsets = guarded((taps + 1) * sizeof *offsets);
    for (size_t i = 0; i < room; i++) x[i] = next_value(s);
    for (size_t t = 0; t < taps; t++) w[t] = next_value(s), offsets[t] = next_below(s, 41);
    float start = weighted ? 0.25f : -INFINITY;
    kernel(x, offsets, weighted ? w : 0, taps, start, y, n);
    for (size_t i = 0; i < n; i++) {
        double wanted = start;
        for (size_t t = 0; t < taps; t++)
            wanted = weighted ? wanted + (double)w[t] * x[offsets[t] + i] : fmax(wanted, x[offsets[t] + i]);
        if (!near(r, y[i], wanted, 2e-6)) fail(r, "n %zu taps %zu at %zu: %.9g, expected %.9g", n, taps, i, y[i], wanted);
    }
    digest_fused(r, y, n);
    r->cases++;
    release(x, r, "x"), release(w, r, "w"), release(y, r, "y"), release(offsets, r, "offsets");
}

void check_tap_rows(pack_any_kernel any, kernel_check *result) {
    sequence s = {81};
    for (size_t n = 1; n < 140; n++)
        for (size_t taps = 0; taps < 12; taps += 3)
            for (int weighted = 0; weighted < 2; weighted++)
                check_taps((pack_tap_rows_kernel)any, &s, n, taps, weighted, result);
}
