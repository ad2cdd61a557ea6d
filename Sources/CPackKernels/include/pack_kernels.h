#pragma once
// The compute kernels and the table that one probe of the CPU selects.
//
// Matrices are row-major; `ld*` are row strides in elements. Weights come in panels of PACK_PANEL columns, one layout for
// every variant, so that a plan moves between CPUs:
//   f32, f16, bf16: panel p holds for each k the PACK_PANEL values w[k][16p … 16p+15]; columns past n are zero.
//   s8:       panel p holds for each quadruple of k (the last one padded with zeros) and each of its 16 columns the four
//             bytes w[4q … 4q+3][column]: 64 bytes a quadruple. Weights are "bounded" if in each column and each run of
//             PACK_RUN_LENGTH k, counted from the first, neither the positive nor the negative ones among those with the
//             same k / 2 mod 2 have a sum beyond PACK_GROUP_SUM: their products with codes then add up in 16 bits.
//   s4:       k in groups of PACK_GROUP, the last one padded with zeros; a weight is column_scale * group scale * code, the
//             code in -8 … 7, the group scale in -127 … 127. Panel p holds for each group 256 bytes: byte 64b + 4c + l has
//             code + 8 of w[32g + 4b + l][column c] in its low half, of w[32g + 16 + 4b + l][column c] in its high half.
//             Behind the groups lie the scales, 16 a group, and then zeros up to a multiple of 64 bytes. In a group of a
//             column neither the positive nor the negative codes have a sum beyond PACK_GROUP_SUM.
//
// Every variant but the portable one gives the same bits for the same arguments, on every CPU: what a plan answers does not depend on the architecture, the instruction set or the number of threads. Only a
// NaN's sign and payload are left open. Portable kernels keep the stated errors, and the same bits where that is said.
//   - Elementwise: one sequence of correctly rounded operations, fma where the source says so and nowhere else, quotients
//     and square roots by division and square root, never by estimates. Tails take the same operations.
//   - Sums over a row (layer_norm, l2_normalize): value i goes to chain i mod PACK_ROW_CHAINS, a chain starts from 0 and
//     rises, squares are added by fma; then chain i takes chain i + half of those left, down to one. Absent values add 0. The
//     weights of a softmax, in attention too, do this with PACK_PANEL chains.
//   - Sums over rows (mean_rows): a chain for each column, in rising order.
//   - Products (gemm_f32, gemm_f16, gemm_bf16, gemm_rows_f32): an element is one chain of fma in rising k. It starts from
//     the bias, or 0, to which row bias and, where there is no activation, residual are added. Then activation and residual,
//     each step rounded.
//   - Attention: a score is one chain of fma over head_dim, then the scale, and an output one chain of fma over the keys, in
//     rising order, times 1 / (sum of the weights). Masked keys at the end change nothing,
//     while their values are finite.
//   - How rows, panels or queries are cut into ranges and tiles changes nothing.
//
// No kernel allocates, keeps state or touches memory outside the ranges that its arguments describe. Kernels that need
// room take it from the stack: at most PACK_KERNEL_STACK bytes, so threads that run them need a stack of twice that.
#include <stddef.h>
#include <stdint.h>

#include "pack_kernel_list.h"

#define PACK_PANEL 16
/// The k that share a scale in s4 weights.
#define PACK_GROUP 32
/// The k of a run of bounded s8 weights.
#define PACK_RUN_LENGTH 8
/// The largest sum of the codes of one sign in a group and column of s4, and of those that are added in 16 bits in a run of
/// bounded s8: times 255 it fits 16 bits.
#define PACK_GROUP_SUM 128
/// Chains of a sum over a row: a multiple of every variant's vector.
#define PACK_ROW_CHAINS 32
#define PACK_KERNEL_STACK (192 * 1024)
/// The largest k of a s8 product whose sum is exact in 32 bits: 255 * 127 * k < 2^31.
#define PACK_MAX_K_S8 65536
/// The same for s4: 255 * 127 * 256 * (k / 32) < 2^31.
#define PACK_MAX_K_S4 8192

enum pack_activation {
    PACK_ACTIVATION_NONE = 0,
    PACK_ACTIVATION_RELU = 1,
    PACK_ACTIVATION_GELU_ERF = 2,
    PACK_ACTIVATION_GELU_TANH = 3,
    PACK_ACTIVATION_TANH = 4,
};

/// c = activation(a·w + bias + row bias) + residual, for a of any number of rows.
///
/// A row alone gets the same bits as the same row among others. c must not overlap a; residual is c itself with
/// ldr == ldc, or apart from it.
typedef struct {
    const void *a;         // f32, f16, bf16 kernels: const float *; s8, s4: const uint8_t *, rows padded with zeros to a
                           // multiple of 4 (s8) or of PACK_GROUP (s4)
    size_t lda;
    const void *panels;    // 64-byte aligned
    size_t k, n;
    float *c;
    size_t ldc;
    const float *bias;     // n values, or NULL
    const float *residual; // added after the activation, or NULL; may be c itself
    size_t ldr;
    uint32_t activation;   // enum pack_activation
    // f32, f16 and bf16 kernels only: a value for each row of a, added to the bias; or NULL.
    const float *row_bias;
    // s8 and s4 kernels only: value = row_scale[i] * column_scale[j] * (sum_k (a - row_zero[i]) * w), the sum exact in 32
    // bits; in s4, w is code * group scale.
    // Each step rounded: (row_scale * column_scale) * (float)sum + bias, activation, + residual. The portable variant gives
    // the same bits when the activation is NONE or RELU.
    const float *row_scale;
    const int32_t *row_zero;
    const float *column_scale; // n values
    const int32_t *column_sum; // n values: sum over k of w
    // s8 kernels only: nonzero if weights are bounded. Said of others, it makes sums wrong, differently in each variant.
    uint32_t bounded;
} pack_gemm;

/// Computes rows row_begin ..< row_end of the columns of panels panel_begin ..< panel_end.
typedef void (*pack_gemm_kernel)(
    const pack_gemm *g, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end);

/// Codes of f32 rows, asymmetric for each row: low = min(0, row), high = max(0, row), scale = (high - low) / 255,
/// zero = round(-low / scale), code = clamp(round(x * (1 / scale)) + zero, 0, 255), all to nearest even.
///
/// Codes past k up to the next multiple of 4 are 0 (`ldcodes` must leave room). A row that spans less than 1e-30 gets
/// scale 0, zero 0 and codes 0. A row with a NaN or an infinity gets scale NaN, zero 0 and codes 0, so that products made of
/// it are NaN as they would be in f32. The portable variant too gives these bits.
typedef void (*pack_quantize_rows_kernel)(
    const float *x, size_t ldx, size_t rows, size_t k, uint8_t *codes, size_t ldcodes, float *scale, int32_t *zero);

/// y = (x - mean) / sqrt(variance + eps) * gamma + beta over each row of n values; mean first, then the variance from the
/// differences. gamma and beta may be NULL (1 and 0). y may be x.
typedef void (*pack_layer_norm_kernel)(
    const float *x, size_t ldx, float *y, size_t ldy, size_t rows, size_t n, const float *gamma, const float *beta,
    float eps);

/// y = softmax(x * scale + mask) over each row of n values. mask is NULL or additive, its row i at mask + i * ldmask (0: one
/// row for all). A row that is -inf throughout gives zeros. y may be x. The share by which exp(d) of a difference d from the
/// row's largest value is off is at most 2.5e-7 + 8e-8 · |d|, and it is 0 where d < -86.9; in attention too.
typedef void (*pack_softmax_kernel)(
    const float *x, size_t ldx, float *y, size_t ldy, size_t rows, size_t n, float scale, const float *mask,
    size_t ldmask);

/// Elementwise functions. Largest errors, against exact results, of every variant:
///   EXP         2 ulp; results below 1.9e-38 (x < -86.9) are 0, above the largest float infinity
///   TANH, ERF   6 ulp
///   SIGMOID     4 ulp (3e-38 where it is smaller)
///   GELU_ERF    1e-7 + 1 ulp
///   GELU_TANH   1e-7 + 2 ulp, while x³ is a float
///   SILU        8 ulp, and what rounding p[0]·x makes of it (3e-38 · |x| where it is smaller)
///   HARD_SIGMOID, HARD_SWISH  1e-7 · (1 + |x|) where they are neither 0 nor at their limit
///   the others are rounded correctly
/// p are parameters, and may be NULL for functions without any.
/// NaN gives NaN.
enum pack_unary {
    PACK_UNARY_RELU = 1,
    PACK_UNARY_GELU_ERF = 2,
    PACK_UNARY_GELU_TANH = 3,
    PACK_UNARY_TANH = 4,
    PACK_UNARY_ERF = 5,
    PACK_UNARY_SIGMOID = 6,
    PACK_UNARY_EXP = 7,
    PACK_UNARY_SQRT = 8,
    PACK_UNARY_NEGATE = 9,
    PACK_UNARY_ABS = 10,
    PACK_UNARY_RECIPROCAL = 11,
    PACK_UNARY_LEAKY_RELU = 12,   // x, below 0 p[0]·x
    PACK_UNARY_HARD_SIGMOID = 13, // p[0]·x + p[1] within 0 … 1
    PACK_UNARY_HARD_SWISH = 14,   // x times (x/6 + ½ within 0 … 1)
    PACK_UNARY_CLIP = 15,         // x within p[0] … p[1]
    PACK_UNARY_SILU = 16,         // x · sigmoid(p[0]·x)
    PACK_UNARY_LAST = PACK_UNARY_SILU,
};

/// y = f(x) for n values; kind is an enum pack_unary, and any other value copies. y may be x.
typedef void (*pack_unary_kernel)(uint32_t kind, const float *p, const float *x, float *y, size_t n);

enum pack_binary {
    PACK_BINARY_ADD = 0,
    PACK_BINARY_SUBTRACT = 1,
    PACK_BINARY_MULTIPLY = 2,
    PACK_BINARY_DIVIDE = 3,
    PACK_BINARY_MINIMUM = 4,
    PACK_BINARY_MAXIMUM = 5,
};

/// y = a op b for n values; b advances with a, or is one value for all when b_step is 0 (else 1). kind is an enum
/// pack_binary, and any other value adds. y may be a or b. The portable variant too gives these bits.
typedef void (*pack_binary_kernel)(uint32_t kind, const float *a, const float *b, size_t b_step, float *y, size_t n);

/// How a mask marks the valid entries: nonzero is valid.
enum pack_mask {
    PACK_MASK_NONE = 0, // all valid; the pointer is not read
    PACK_MASK_U8 = 1,
    PACK_MASK_I64 = 2,
    PACK_MASK_F32 = 3,
};

/// Attention of one head of one batch item: out = softmax(scale * q·kᵀ, hidden keys left out) · v. Hidden are the keys that
/// the mask does not mark and, with `causal`, those beyond the query's own place.
typedef struct {
    const float *q;   // [queries, head_dim]
    size_t ldq;
    const float *k;   // [keys, head_dim]
    size_t ldk;
    const float *v;   // [keys, head_dim]
    size_t ldv;
    float *out;       // [queries, head_dim], apart from the others
    size_t ldo;
    size_t keys;
    size_t head_dim;
    float scale;
    uint32_t mask_type; // enum pack_mask
    const void *mask;   // a value a key
    uint32_t causal;    // nonzero: query i sees keys up to before + i
    size_t before;      // keys that come before the first query's own
    /// For a query that sees no key, what is added to the scores of keys that the mask hides, that lie beyond its place, and
    /// that do both; all -inf: the query gets zeros.
    float hidden[3];
} pack_attention;

/// Computes query rows row_begin ..< row_end. scratch holds
/// pack_attention_scratch(keys, head_dim) bytes, 64-byte aligned, and is for this call alone. Each call packs the keys and
/// values anew, so ranges of rows should be long.
typedef void (*pack_attention_kernel)(const pack_attention *t, size_t row_begin, size_t row_end, void *scratch);

/// Bytes of scratch that a call of an attention kernel needs, the same for every variant; SIZE_MAX when that overflows.
size_t pack_attention_scratch(size_t keys, size_t head_dim);

/// y = x * scale + shift over each row of n values; scale and shift have n values or are NULL (1 and 0). y may be x.
typedef void (*pack_mul_add_rows_kernel)(
    const float *x, size_t ldx, const float *scale, const float *shift, float *y, size_t ldy, size_t rows, size_t n);

/// y = codes * scale for n values: a row of a quantized table.
typedef void (*pack_dequantize_s8_kernel)(const int8_t *codes, float scale, float *y, size_t n);

/// y = code * group scale * scale for n values of a row of a s4 table, the first product exact. The row holds for each
/// PACK_GROUP values 16 bytes, code + 8 of value i in the low half of byte i, of value 16 + i in its high half; behind them a
/// scale in -127 … 127 for each group. The portable variant too gives these bits.
typedef void (*pack_dequantize_s4_kernel)(const uint8_t *row, float scale, float *y, size_t n);

/// y = x for n values stored as IEEE half floats, or as bfloat16, exactly.
typedef void (*pack_widen_kernel)(const uint16_t *x, float *y, size_t n);

/// y = the mean (or the maximum) over the valid rows, a value a column. mask has a value a row. Zeros without a valid row.
typedef void (*pack_pool_rows_kernel)(
    const float *x, size_t ldx, size_t rows, size_t n, uint32_t mask_type, const void *mask, float *y);

/// y = x / max(‖x‖₂, eps) for n values. y may be x.
typedef void (*pack_l2_normalize_kernel)(const float *x, float *y, size_t n, float eps);

/// y[i] = start + Σ weights[t] · x[offsets[t] + i] for n values, one chain of fma over the taps in their order; without weights
/// the largest of start and the x. Reads x for i below n rounded up to PACK_PANEL. y is apart from x.
typedef void (*pack_tap_rows_kernel)(
    const float *x, const size_t *offsets, const float *weights, size_t taps, float start, float *y, size_t n);

/// Rows of one channel of results of a convolution, y[r * width + i] = start + Σ weights[c][l][k] · x[c * plane +
/// (r * stride + l * dilation) * row + columns[k] + i], one chain of fma over channels, window rows and columns in this
/// order. Reads x for i below width rounded up to 4 * PACK_PANEL. y is apart from x.
typedef struct {
    const float *x;
    size_t row, plane; // values from a row to the next, and from a channel to the next
    size_t channels, kernel_rows, kernel_columns;
    size_t stride, dilation; // of rows
    const size_t *columns;   // where the columns of a window lie in a row
    const float *weights;
    float start;
    float *y;
    size_t rows, width;
} pack_conv_rows;
typedef void (*pack_conv_rows_kernel)(const pack_conv_rows *c);

/// As a pack_gemm_kernel of f32 with weights that are no panels: value j of column range p of k is at
/// panels[offsets[k] + p * PACK_PANEL + j], a whole range being read even where fewer columns are left. The same bits.
typedef void (*pack_gemm_rows_kernel)(
    const pack_gemm *g, const size_t *offsets, size_t row_begin, size_t row_end, size_t panel_begin, size_t panel_end);

/// The chosen kernels: for every family of PACK_KERNEL_FAMILIES a function pointer, NULL where no variant was linked, and
/// beside it the instruction set it was written for.
typedef struct {
#define PACK_FIELD(family, type) type family;
    PACK_KERNEL_FAMILIES(PACK_FIELD)
#undef PACK_FIELD
    uint8_t isa[PACK_FAMILY_COUNT]; // enum pack_isa, by enum pack_family; PACK_ISA_NONE where the pointer is NULL
} pack_kernels;

/// One kernel of the list, whether or not this build contains it.
typedef struct {
    const char *family; // "gemm_f32"
    const char *isa;    // "avx2"
    const char *arch;   // "any", "x86_64" or "arm64"
    const char *symbol; // "pack_gemm_f32_avx2"
    const char *slot;   // "pack_kslot_gemm_f32_avx2": tied to symbol by --defsym=slot=symbol in a pruned link
} pack_kernel_entry;

/// All kernels of all architectures, for link lines, tests and tables.
const pack_kernel_entry *pack_kernel_entries(size_t *count);

/// The function of entry `index`, or NULL if it is for another architecture or was pruned. To be cast to its family's type;
/// callable only if pack_isa_available says so for its instruction set.
typedef void (*pack_any_kernel)(void);
pack_any_kernel pack_kernel_function(size_t index);

/// "portable", "avx2", …; NULL for a number that is not an enum pack_isa.
const char *pack_isa_name(uint32_t isa);
/// The name of a family; NULL for a number that is not an enum pack_family.
const char *pack_family_name(uint32_t family);
/// Whether kernels of this instruction set are compiled for the architecture of this build.
int pack_isa_compiled(uint32_t isa);
/// Whether they are, and the CPU has the instructions, and the operating system saves their registers.
int pack_isa_available(uint32_t isa);

enum pack_select_status {
    PACK_SELECT_DONE = 0,
    PACK_SELECT_UNKNOWN = 1,     // no instruction set has this name
    PACK_SELECT_NOT_COMPILED = 2, // it belongs to another architecture
    PACK_SELECT_NOT_ON_CPU = 3,  // this CPU or its operating system lacks it
};

/// Fills the table with the best kernels of this CPU. `limit` is NULL or empty, or the name of an instruction set: then no
/// kernel above it is taken (the kernels below it fill the families that it has none for). On an error the table is not
/// touched.
int pack_kernels_select(const char *limit, pack_kernels *result);

/// The instruction set (enum pack_isa) that the table has for a family; PACK_ISA_NONE where it has no kernel.
uint32_t pack_kernels_isa(const pack_kernels *kernels, uint32_t family);

// Packing, at slim time. w is [k, n] with row stride ldw or, when transposed, [n, k]. Panels need the bytes that the
// pack_panels_bytes functions give (SIZE_MAX on overflow).
size_t pack_panels_bytes_f32(size_t k, size_t n);
/// Of bf16 too.
size_t pack_panels_bytes_f16(size_t k, size_t n);
size_t pack_panels_bytes_s8(size_t k, size_t n);
size_t pack_panels_bytes_s4(size_t k, size_t n);
/// Bytes of a row of n values of a s4 table.
size_t pack_row_bytes_s4(size_t n);
void pack_panels_f32(const float *w, size_t ldw, int transposed, size_t k, size_t n, float *panels);
/// Rounds to nearest even; values past the range of half floats become infinities.
void pack_panels_f16(const float *w, size_t ldw, int transposed, size_t k, size_t n, uint16_t *panels);
void pack_panels_bf16(const float *w, size_t ldw, int transposed, size_t k, size_t n, uint16_t *panels);
void pack_panels_s8(const int8_t *codes, size_t ldw, int transposed, size_t k, size_t n, int8_t *panels);
/// Symmetric codes a column: scale = max|w| / limit, code = round-to-nearest-even(w / scale) in -limit … limit, which is at
/// most 127; column_sum is the sum of a column's codes. codes is [n, k] (transposed). A column of zeros gets scale 0. NaN gives code 0.
void pack_quantize_columns_s8(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int limit, int8_t *codes, float *column_scale,
    int32_t *column_sum);
/// The same for bounded weights: of the scales max|w| / L, L = 16 … 127 (but at most 1.5 times limit), a column gets the one
/// with the least sum of squared errors, about. Codes beyond -limit … limit are cut off, and those of a run that add up to
/// too much are brought down, first where rounding went up the most. Values that are whole multiples of max|w| / L for a
/// whole L of 16 … limit, and bounded, stay as they are.
void pack_quantize_bounded_s8(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int limit, int8_t *codes, float *column_scale,
    int32_t *column_sum);
/// Codes of a s4 matrix: for each column and group the scale, of either sign, with the least sum of squared errors among
/// some; then column_scale = the largest of a column / 127, and scales and codes rounded to it. codes is [n, groups * 32] and
/// group_scale [n, groups], groups = k / 32 rounded up; column_sum, which may be NULL, is the sum of code * group scale over a
/// column. Codes past k are 0. NaN and infinity are taken as 0.
void pack_quantize_groups_s4(
    const float *w, size_t ldw, int transposed, size_t k, size_t n, int8_t *codes, int8_t *group_scale,
    float *column_scale, int32_t *column_sum);
void pack_panels_s4(const int8_t *codes, const int8_t *group_scale, size_t k, size_t n, uint8_t *panels);
/// A row of a s4 table from a column's codes and scales.
void pack_row_s4(const int8_t *codes, const int8_t *group_scale, size_t n, uint8_t *row);
/// Half floats of n values, rounded to nearest even.
void pack_f32_to_f16(const float *x, uint16_t *y, size_t n);
/// The same in bfloat16.
void pack_f32_to_bf16(const float *x, uint16_t *y, size_t n);
