#include "support.h"

#pragma clang fp contract(off)

static float *values(sequence *s, size_t count, float scale) {
    float *v = guarded(count * sizeof *v);
    for (size_t i = 0; i < count; i++) v[i] = next_value(s) * scale;
    return v;
}

static void codes_of_row(const float *x, size_t k, const uint8_t *codes, float scale, int32_t zero, kernel_check *r) {
    float low = 0, high = 0;
    for (size_t j = 0; j < k; j++) low = fminf(low, x[j]), high = fmaxf(high, x[j]);
    float wanted = (high - low) / 255.0f, inverse = 1.0f / wanted;
    if (scale != wanted || zero != (int32_t)nearbyintf(-low * inverse)) fail(r, "k %zu: scale %.9g zero %d", k, scale, zero);
    for (size_t j = 0; j < k; j++) {
        int32_t code = (int32_t)nearbyintf(x[j] * inverse) + zero;
        code = code < 0 ? 0 : code > 255 ? 255 : code;
        if (codes[j] != code) fail(r, "k %zu at %zu: code %d, expected %d", k, j, codes[j], code);
        if (!near(r, scale * (float)(codes[j] - zero), x[j], scale * 1.01)) fail(r, "k %zu at %zu: far off", k, j);
    }
    for (size_t j = k; j % 4; j++)
        if (codes[j] != 0) fail(r, "k %zu: padding", k);
}

void check_quantize_rows(pack_any_kernel any, kernel_check *result) {
    pack_quantize_rows_kernel kernel = (pack_quantize_rows_kernel)any;
    sequence s = {21};
    for (size_t k = 1; k < 200; k = k < 80 ? k + 1 : k + 37) {
        size_t rows = 5, depth = (k + 3) / 4 * 4, ldx = k + 1;
        float *x = values(&s, rows * ldx, 3), *scale = guarded(rows * 4);
        int32_t *zero = guarded(rows * 4);
        uint8_t *codes = guarded(rows * depth);
        for (size_t j = 0; j < k; j++) x[ldx + j] = fabsf(x[ldx + j]), x[2 * ldx + j] = -fabsf(x[2 * ldx + j]);
        kernel(x, ldx, rows, k, codes, depth, scale, zero);
        for (size_t i = 0; i < rows; i++) codes_of_row(x + i * ldx, k, codes + i * depth, scale[i], zero[i], result);
        digest(result, codes, rows * depth), digest(result, scale, rows * 4), digest(result, zero, rows * 4);
        // Rows without a range, and rows with what is no number.
        for (size_t j = 0; j < k; j++) x[j] = 0, x[ldx + j] = 1e-38f;
        x[2 * ldx + k / 2] = NAN, x[3 * ldx] = INFINITY, x[4 * ldx + k - 1] = -INFINITY;
        kernel(x, ldx, rows, k, codes, depth, scale, zero);
        for (size_t i = 0; i < rows; i++) {
            int good = i < 2 ? scale[i] == 0 : isnan(scale[i]);
            for (size_t j = 0; j < depth; j++) good &= codes[i * depth + j] == 0;
            if (!good || zero[i] != 0) fail(result, "k %zu: special row %zu", k, i);
        }
        result->cases += 2;
        release(x, result, "x"), release(scale, result, "scale"), release(zero, result, "zero");
        release(codes, result, "codes");
    }
}

void check_layer_norm(pack_any_kernel any, kernel_check *result) {
    pack_layer_norm_kernel kernel = (pack_layer_norm_kernel)any;
    sequence s = {31};
    for (size_t n = 1; n < 1100; n = n < 70 ? n + 1 : n + 61)
        for (int kind = 0; kind < 4; kind++) {
            size_t rows = 3, ldx = n + 2;
            float *x = values(&s, rows * ldx, 2), *gamma = values(&s, n, 1), *beta = values(&s, n, 1);
            float *y = guarded(rows * n * 4);
            for (size_t j = 0; j < n; j++) x[j] += 100; // far from zero: a one-pass variance would show
            kernel(x, ldx, y, n, rows, n, kind & 1 ? gamma : 0, kind & 2 ? beta : 0, 1e-5f);
            for (size_t i = 0; i < rows; i++) {
                double sum = 0, squares = 0;
                for (size_t j = 0; j < n; j++) sum += x[i * ldx + j];
                for (size_t j = 0; j < n; j++) squares += pow(x[i * ldx + j] - sum / (double)n, 2);
                double inverse = 1 / sqrt(squares / (double)n + 1e-5);
                double slack = (i == 0 ? 2e-5 : 4e-7) * fmax(1, inverse);
                for (size_t j = 0; j < n; j++) {
                    double wanted = (x[i * ldx + j] - sum / (double)n) * inverse;
                    if (kind & 1) wanted *= gamma[j];
                    if (kind & 2) wanted += beta[j];
                    if (!near(result, y[i * n + j], wanted, slack * (1 + fabs(wanted))))
                        fail(result, "n %zu row %zu at %zu: %.9g, expected %.9g", n, i, j, y[i * n + j], wanted);
                }
            }
            digest_fused(result, y, rows * n);
            kernel(x, ldx, x, ldx, rows, n, kind & 1 ? gamma : 0, kind & 2 ? beta : 0, 1e-5f);
            for (size_t i = 0; i < rows; i++)
                if (memcmp(x + i * ldx, y + i * n, n * 4) != 0) fail(result, "n %zu differs in place", n);
            result->cases++;
            release(x, result, "x"), release(gamma, result, "gamma"), release(beta, result, "beta");
            release(y, result, "y");
        }
}

static void softmax_row(const float *x, const float *mask, float scale, const float *y, size_t n, kernel_check *r) {
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < n; j++) most = fmax(most, (double)x[j] * scale + (mask ? mask[j] : 0));
    for (size_t j = 0; j < n; j++) sum += exp((double)x[j] * scale + (mask ? mask[j] : 0) - most);
    for (size_t j = 0; j < n; j++) {
        double wanted = most == -INFINITY ? 0 : exp((double)x[j] * scale + (mask ? mask[j] : 0) - most) / sum;
        if (!near(r, y[j], wanted, 1e-6 * wanted * (4 + fabs(most)) + 1e-37))
            fail(r, "n %zu at %zu: %.9g, expected %.9g", n, j, y[j], wanted);
    }
}

void check_softmax(pack_any_kernel any, kernel_check *result) {
    pack_softmax_kernel kernel = (pack_softmax_kernel)any;
    sequence s = {41};
    for (size_t n = 1; n < 600; n = n < 70 ? n + 1 : n + 61)
        for (int kind = 0; kind < 3; kind++) {
            size_t rows = 4, ldmask = kind == 2 ? n : 0;
            float *x = values(&s, rows * n, 8), *mask = values(&s, rows * n, 1), *y = guarded(rows * n * 4);
            for (size_t j = 0; j < rows * n; j++) mask[j] = next_below(&s, 3) ? mask[j] : -INFINITY;
            if (kind == 2)
                for (size_t j = 0; j < n; j++) mask[n + j] = -INFINITY;
            kernel(x, n, y, n, rows, n, 0.35f, kind ? mask : 0, ldmask);
            for (size_t i = 0; i < rows; i++)
                softmax_row(x + i * n, kind ? mask + i * ldmask : 0, 0.35f, y + i * n, n, result);
            digest_fused(result, y, rows * n);
            kernel(x, n, x, n, rows, n, 0.35f, kind ? mask : 0, ldmask);
            if (memcmp(x, y, rows * n * 4) != 0) fail(result, "n %zu differs in place", n);
            result->cases++;
            release(x, result, "x"), release(mask, result, "mask"), release(y, result, "y");
        }
}

void check_mul_add_rows(pack_any_kernel any, kernel_check *result) {
    pack_mul_add_rows_kernel kernel = (pack_mul_add_rows_kernel)any;
    sequence s = {51};
    for (size_t n = 1; n < 70; n++)
        for (int kind = 0; kind < 4; kind++) {
            size_t rows = 3;
            float *x = values(&s, rows * n, 1), *scale = values(&s, n, 1), *shift = values(&s, n, 1);
            float *y = guarded(rows * n * 4);
            kernel(x, n, kind & 1 ? scale : 0, kind & 2 ? shift : 0, y, n, rows, n);
            for (size_t i = 0; i < rows * n; i++) {
                float wanted = kind & 1 ? x[i] * scale[i % n] : x[i];
                wanted = kind & 2 ? wanted + shift[i % n] : wanted;
                if (y[i] != wanted) fail(result, "n %zu at %zu", n, i);
            }
            digest(result, y, rows * n * 4);
            result->cases++;
            release(x, result, "x"), release(scale, result, "scale"), release(shift, result, "shift");
            release(y, result, "y");
        }
}
