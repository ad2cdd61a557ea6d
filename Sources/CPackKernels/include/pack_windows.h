#pragma once
// Windows that slide over images: what convolution and pooling lay out before the arithmetic.
#include <stddef.h>

/// A window over an image of depth, height and width, in this order; images with fewer axes have extents of 1 before them.
/// Output position o reads the input at o * stride + tap * dilation - before, where that lies inside; elsewhere there is 0.
typedef struct {
    size_t input[3], output[3], kernel[3], stride[3], dilation[3], before[3];
} pack_window;

/// One panel (pack_kernels.h) of patches: for each channel and each tap of the window the values that PACK_PANEL
/// neighbouring outputs read there, the first of them `first` (in row-major order); zeros past the last output. x is
/// [channels, depth, height, width]; panel has room for channels * taps * PACK_PANEL values. Output and strides are not 0.
void pack_patch_panel_f32(const float *x, size_t channels, const pack_window *window, size_t first, float *panel);

/// Lays a row of n values out by its positions modulo `stride`: value i goes to
/// to[(before + i) % stride * phase + (before + i) / stride]. to has room for it; other values stay.
void pack_spread_row_f32(const float *x, size_t n, size_t before, size_t stride, size_t phase, float *to);
