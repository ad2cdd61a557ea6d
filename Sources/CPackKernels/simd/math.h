// Elementary functions of vectors. The coefficients were fitted to be minimax on the ranges named here; errors are stated
// in pack_kernels.h and tested.

#define V_SMALLEST_EXPONENT -86.9f

/// exp(x) for x <= 0 with an error of 2 ulp and what rounding x / ln 2 makes of it; 0 below V_SMALLEST_EXPONENT. x / ln 2 = n + f,
/// |f| <= 1/2: a polynomial in f, to whose exponent n is added.
PACK_INLINE vf v_exp_nonpositive(vf x) {
    const vf magic = v_set(0x1.8p23f);
    vf e = x * 0x1.715476p0f;
    vf t = e + magic;
    vf f = e - (t - magic);
    vf p = v_set(0x1.5bba14p-10f);
    p = v_fma(p, f, v_set(0x1.3cea88p-7f));
    p = v_fma(p, f, v_set(0x1.c6b752p-5f));
    p = v_fma(p, f, v_set(0x1.ebf9bcp-3f));
    p = v_fma(p, f, v_set(0x1.62e42ap-1f));
    p = v_fma(p, f, v_set(1.0f));
    vf y = (vf)((vi)p + ((vi)t << 23));
    return x < V_SMALLEST_EXPONENT ? v_set(0.0f) : y;
}

/// exp(x) for every x; the exponent is added as an integer, because 2^128 is no float though some results need it.
PACK_INLINE vf v_exp(vf x) {
    const vf magic = v_set(0x1.8p23f);
    vf t = v_fma(x, v_set(0x1.715476p0f), magic);
    vf n = t - magic;
    vf r = v_fma(n, v_set(-0x1.62e4p-1f), x);
    r = v_fma(n, v_set(-0x1.7f7d1cp-20f), r);
    vf p = v_set(0x1.6a107ep-10f);
    p = v_fma(p, r, v_set(0x1.1245c8p-7f));
    p = v_fma(p, r, v_set(0x1.55593cp-5f));
    p = v_fma(p, r, v_set(0x1.555482p-3f));
    p = v_fma(p, r, v_set(0x1.fffffcp-2f));
    vf y = v_fma(p, r * r, r) + v_set(1.0f);
    vf scaled = (vf)((vi)y + ((vi)t << 23));
    scaled = x < V_SMALLEST_EXPONENT ? v_set(0.0f) : scaled;
    scaled = x > 0x1.62e42ep6f ? v_set(__builtin_inff()) : scaled;
    return x == x ? scaled : x;
}

/// x·P(x²) / Q(x²) on |x| <= 3.95, relative error of the fit 2e-8.
PACK_INLINE vf v_erf(vf x) {
    x = x > 3.95f ? v_set(3.95f) : x;
    x = x < -3.95f ? v_set(-3.95f) : x;
    vf w = x * x;
    vf p = v_set(0x1.0febbp-19f);
    p = v_fma(p, w, v_set(0x1.2a8376p-12f));
    p = v_fma(p, w, v_set(0x1.f31d9ep-9f));
    p = v_fma(p, w, v_set(0x1.b12678p-5f));
    p = v_fma(p, w, v_set(0x1.8848d2p-3f));
    p = v_fma(p, w, v_set(0x1.20dd74p+0f));
    vf q = v_set(0x1.3d5c28p-15f);
    q = v_fma(q, w, v_set(0x1.32e2ep-10f));
    q = v_fma(q, w, v_set(0x1.ed4fa6p-7f));
    q = v_fma(q, w, v_set(0x1.d53a42p-4f));
    q = v_fma(q, w, v_set(0x1.01946p-1f));
    q = v_fma(q, w, v_set(1.0f));
    vf y = x * p / q;
    y = y > 1.0f ? v_set(1.0f) : y;
    return y < -1.0f ? v_set(-1.0f) : y;
}

/// x·P(x²) / Q(x²) on |x| <= 9, relative error of the fit 2e-8.
PACK_INLINE vf v_tanh(vf x) {
    x = x > 9.0f ? v_set(9.0f) : x;
    x = x < -9.0f ? v_set(-9.0f) : x;
    vf w = x * x;
    vf p = v_set(0x1.cadcdap-27f);
    p = v_fma(p, w, v_set(0x1.59c358p-16f));
    p = v_fma(p, w, v_set(0x1.ca2c7ap-9f));
    p = v_fma(p, w, v_set(0x1.120b1cp-3f));
    p = v_fma(p, w, v_set(1.0f));
    vf q = v_set(0x1.a18036p-21f);
    q = v_fma(q, w, v_set(0x1.588618p-12f));
    q = v_fma(q, w, v_set(0x1.a7f7eep-6f));
    q = v_fma(q, w, v_set(0x1.de5ad8p-2f));
    q = v_fma(q, w, v_set(1.0f));
    vf y = x * p / q;
    y = y > 1.0f ? v_set(1.0f) : y;
    return y < -1.0f ? v_set(-1.0f) : y;
}

/// max(x, 0) - |x|·Φ(-|x|), where Φ(-t) is P(t)⁻⁴ with an error of the fit of 1.1e-8 in the product.
PACK_INLINE vf v_gelu_erf(vf x) {
    vf t = v_abs(x);
    t = t > 1000.0f ? v_set(1000.0f) : t; // beyond it t / p is 0 already
    vf p = v_set(0x1.7a8ee6p-20f);
    p = v_fma(p, t, v_set(-0x1.44d1c2p-16f));
    p = v_fma(p, t, v_set(0x1.11816cp-13f));
    p = v_fma(p, t, v_set(-0x1.f7df2p-12f));
    p = v_fma(p, t, v_set(0x1.44a804p-10f));
    p = v_fma(p, t, v_set(-0x1.96f11ep-10f));
    p = v_fma(p, t, v_set(0x1.da64d2p-9f));
    p = v_fma(p, t, v_set(0x1.517226p-8f));
    p = v_fma(p, t, v_set(0x1.0471e8p-5f));
    p = v_fma(p, t, v_set(0x1.e40238p-4f));
    p = v_fma(p, t, v_set(0x1.e5d736p-3f));
    p = v_fma(p, t, v_set(0x1.306fd8p+0f));
    p = p * p;
    p = p * p;
    vf positive = x < 0.0f ? v_set(0.0f) : x;
    return positive - t / p;
}

PACK_INLINE vf v_sigmoid(vf x) { return v_set(1.0f) / (v_set(1.0f) + v_exp(-x)); }

/// 0.5·x·(1 + tanh(u)) = x / (1 + exp(-2u)).
PACK_INLINE vf v_gelu_tanh(vf x) {
    vf cubic = v_fma(x * x, v_set(0.044715f), v_set(1.0f)) * x;
    return x / (v_set(1.0f) + v_exp(cubic * -1.5957691216f));
}

PACK_INLINE vf v_relu(vf x) { return x < 0.0f ? v_set(0.0f) : x; }
