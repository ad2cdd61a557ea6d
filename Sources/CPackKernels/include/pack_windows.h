#pragma once
// Windows that slide over images: what convolution and pooling lay out before the arithmetic.
#include <stddef.h>
#include <stdint.h>

/// A window over an image of depth, height and width, in this order; images with fewer axes have extents of 1 before them.
/// Output position o reads the input at o * stride + tap * dilation - before, where that lies inside; elsewhere there is 0.
typedef struct {
    size_t input[3], output[3], kernel[3], stride[3], dilation[3], before[3];
} pack_window;

/// Panels (pack_kernels.h) of patches: for each channel and each tap of the window the values that PACK_PANEL neighbouring
/// outputs read there. `first` is the first output of the first panel, in row-major order and a multiple of PACK_PANEL; past
/// the last output there are zeros. x is [channels, depth, height, width]; each panel takes channels * taps * PACK_PANEL
/// values. Output and strides are not 0, and `first` is an output.
void pack_patch_panels_f32(
    const float *x, size_t channels, const pack_window *window, size_t first, size_t count, float *panels);

/// How an image's rows and columns (in this order) are parted by their positions modulo strides: the value at y, x goes to
/// Y % stride[0] * phase[0] + X % stride[1] * phase[1] + Y / stride[0] * row + X / stride[1], where Y = y + before[0] and
/// X = x + before[1].
typedef struct {
    size_t stride[2], before[2], phase[2], row;
} pack_spread;

/// Parts an image of rows and columns. `to` has room for it; other values stay.
void pack_spread_f32(const float *x, size_t ldx, size_t rows, size_t columns, const pack_spread *spread, float *to);

/// Copies rows of `columns` values to lie one after the other.
void pack_gather_rows_f32(const float *x, size_t ldx, size_t rows, size_t columns, float *y);

/// Adds to an image [depth, height, width], the input of the window, what each output of the window holds for each of its
/// taps: columns is [taps, outputs]. What falls outside is left out. The opposite of laying out patches.
void pack_scatter_taps_f32(const float *columns, const pack_window *window, float *image);

/// Elements of `outputs` along an axis made of elements of another: each of `taps` weights times the rows of `inner` values at
/// as many places, in order. Where the first place is negative the row is `outside`.
void pack_resample_f32(
    const float *x, size_t inner, size_t outputs, size_t taps, const float *weights, const int32_t *places,
    float outside, float *y);
