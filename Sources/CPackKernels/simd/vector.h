// Vectors of VW floats, for the templates beside this file. Included once by the file of each instruction set, which
// defines VW and provides v_half (VW half floats as floats) after it.
#pragma clang fp contract(off)

typedef float vf __attribute__((ext_vector_type(VW)));
typedef int32_t vi __attribute__((ext_vector_type(VW)));

/// Vectors in the width of a panel.
#define NV (PACK_PANEL / VW)

PACK_INLINE vf v_set(float x) { return (vf)x; }

/// VW values of bfloat16.
PACK_INLINE vf v_bfloat(const uint16_t *p) {
    typedef uint16_t vh __attribute__((ext_vector_type(VW)));
    vh values;
    __builtin_memcpy(&values, p, sizeof values);
    return (vf)(__builtin_convertvector(values, vi) << 16);
}

PACK_INLINE vf v_load(const float *p) {
    vf v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}

PACK_INLINE void v_store(float *p, vf v) { __builtin_memcpy(p, &v, sizeof v); }

/// The first `count` values, then `rest`.
PACK_INLINE vf v_load_some(const float *p, size_t count, float rest) {
    float lanes[VW];
    PACK_UNROLL for (size_t i = 0; i < VW; i++) lanes[i] = i < count ? p[i] : rest;
    return v_load(lanes);
}

PACK_INLINE void v_store_some(float *p, vf v, size_t count) {
    float lanes[VW];
    v_store(lanes, v);
    for (size_t i = 0; i < count; i++) p[i] = lanes[i];
}

PACK_INLINE vf v_fma(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }

// NaN in b is passed on, NaN in a is not.
PACK_INLINE vf v_max(vf a, vf b) { return a > b ? a : b; }
PACK_INLINE vf v_min(vf a, vf b) { return a < b ? a : b; }

PACK_INLINE vf v_abs(vf a) { return __builtin_elementwise_abs(a); }

/// Lane i takes lane i + VW / 2, and so on down to one.
PACK_INLINE float v_sum(vf v) {
    float lanes[VW];
    v_store(lanes, v);
    PACK_UNROLL for (int half = VW / 2; half > 0; half /= 2)
        PACK_UNROLL for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}

PACK_INLINE float v_most(vf v) {
    float lanes[VW];
    v_store(lanes, v);
    PACK_UNROLL for (int half = VW / 2; half > 0; half /= 2)
        PACK_UNROLL for (int i = 0; i < half; i++) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
    return lanes[0];
}

// Sums over a row have one shape in every variant, whatever VW (pack_kernels.h): value i goes to chain i mod `lanes`, and
// `count` vectors hold lanes = count * VW chains.

/// The sum of the chains in `count` vectors, a power of two; half is added to half, down to one.
PACK_INLINE float v_sum_chains(vf *chains, int count) {
    PACK_UNROLL for (int half = count / 2; half > 0; half /= 2)
        PACK_UNROLL for (int i = 0; i < half; i++) chains[i] += chains[i + half];
    return v_sum(chains[0]);
}

/// A value for each of `lanes` chains: the `left` ones at p, then `absent`.
PACK_INLINE void fill_chains(float *room, size_t lanes, const float *p, size_t left, float absent) {
    PACK_UNROLL for (size_t i = 0; i < lanes; i += VW) v_store(room + i, v_set(absent));
    size_t i = 0;
    PACK_REST for (; i + VW <= left; i += VW) v_store(room + i, v_load(p + i));
    PACK_REST for (; i < left; i++) room[i] = p[i];
}
