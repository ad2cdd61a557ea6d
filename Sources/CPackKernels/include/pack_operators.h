#pragma once
// The list of operators: from it come the ids in plan files, the slots that a bundle's link line ties, and the tests.
#include "pack_kernels.h"
#include "pack_plan.h"

struct pack_pool;

/// The texts that elements of string tensors are codes of, filled in by the operator Texts: equal texts have equal codes.
/// Functions that fail return a pack_operator_error.
typedef struct {
    void *pool;
    int64_t (*code)(void *pool, const uint8_t *bytes, int64_t count); // of a text, which is added if it is new
    int64_t (*find)(void *pool, int64_t code, const uint8_t **bytes); // bytes of a text, valid until one is added
    void (*reset)(void *pool, int64_t count);                        // keeps the first so many texts
    void (*close)(void *pool);
} pack_texts;

/// A tensor as operators see it: row-major, contiguous.
typedef struct {
    void *data;
    const int64_t *shape;
    int64_t count; // elements
    uint64_t bytes;
    uint32_t rank;
    uint32_t dtype; // PackCore's DType
} pack_tensor;

/// One step of a plan, bound to tensors.
typedef struct {
    pack_tensor *const *inputs; // NULL entries: absent
    pack_tensor *const *outputs;
    const int64_t *attributes;
    uint32_t input_count, output_count, attribute_count;
    uint32_t threads; // of the pool
    void *scratch;    // 64-byte aligned, of the size that preparing asked for
    const pack_kernels *kernels;
    struct pack_pool *pool;
    pack_texts *texts;
    // Texts of different lengths without padding: where each ends on the second axis of tensors [1, tokens, ..]. Numbers rise;
    // there are at least two, or none where texts are rows.
    const int64_t *segment_ends;
    int64_t segment_count;
} pack_step;

/// Preparing checks every shape, type and attribute that running relies on and returns the bytes of scratch memory needed;
/// running returns 0, or PACK_JUMP from an end of a loop. Measuring, which comes first where extents of outputs follow from the inputs' elements, writes those
/// extents into the shapes of the measured outputs and returns 0; the outputs have no memory yet. Each returns a negative
/// pack_operator_error otherwise. `running` is a pack_operator_mode.
typedef int64_t (*pack_operator)(const pack_step *step, int32_t running);

enum pack_operator_mode { PACK_PREPARE = 0, PACK_RUN = 1, PACK_MEASURE = 2 };

/// What an end of a loop returns when its other end's place is where to go on: the end of a turn, when the steps behind the
/// begin are to be run again; the begin, when there is no turn and the end comes next.
enum { PACK_JUMP = 1 };

enum pack_operator_error {
    PACK_ERROR_SHAPE = -1,
    PACK_ERROR_TYPE = -2,
    PACK_ERROR_ATTRIBUTE = -3,
    PACK_ERROR_INDEX = -4, // an index in the data is out of range
    PACK_ERROR_KERNEL = -5, // the runtime was linked without the kernel
    PACK_ERROR_TEXT = -6,   // bytes that are not UTF-8
    PACK_ERROR_TEXTS = -7,  // more texts, or longer ones, than a run may make
    PACK_ERROR_IMAGE = -8,  // an image file; −8 − 16·fault (an ImageFault) − 65536·byte of the file
};

// Ids are positions: new operators go to the end, none is ever removed or reordered.
#define PACK_OPERATORS(X) \
    X(Linear) X(Attention) X(Embed) X(LayerNormalization) X(MaskedMean) X(MaskedMax) X(L2Normalize) X(Unary) X(Binary) \
    X(Reduce) X(MatMul) X(Transpose) X(Gather) X(Cast) X(CumSum) X(Range) X(Clip) X(Where) X(Slice) X(Concat) X(Softmax) \
    X(Expand) \
    X(Conv) \
    X(Pool) \
    X(MaxPoolIndices) \
    X(MaxUnpool) \
    X(BatchNormalization) \
    X(GroupNormalization) \
    X(RowStatistics) \
    X(RMSNormalization) \
    X(LpNormalization) \
    X(LRN) \
    X(PadFixed) \
    X(ResizeAxis) \
    X(GridSample) \
    X(AffineGrid) \
    X(RoiAlign) \
    X(ConvTranspose) \
    X(Col2Im) \
    X(Recurrent) \
    X(Function) \
    X(Transcendental) \
    X(Pair) \
    X(ReduceAxes) \
    X(ArgExtreme) \
    X(SoftmaxAxis) \
    X(Cumulate) \
    X(GatherElements) \
    X(GatherND) \
    X(ScatterElements) \
    X(ScatterND) \
    X(OneHot) \
    X(TopK) \
    X(NonZero) \
    X(Unique) \
    X(Compress) \
    X(ReverseSequence) \
    X(Trilu) \
    X(EyeLike) \
    X(Tile) \
    X(Pad) \
    X(SliceAxes) \
    X(Split) \
    X(Shape) \
    X(Reshape) \
    X(Fill) \
    X(Progression) \
    X(Determinant) \
    X(Einsum) \
    X(MatMulAny) \
    X(Resize) \
    X(CenterCropPad) \
    X(DeformConv) \
    X(CausalConv) \
    X(TreeEnsemble) \
    X(SVMKernel) \
    X(PairwiseProbability) \
    X(Quantize) \
    X(Dequantize) \
    X(DynamicQuantize) \
    X(IntegerMatMul) \
    X(IntegerConv) \
    X(NonMaxSuppression) \
    X(Texts) \
    X(StringConcat) \
    X(StringSplit) \
    X(StringNormalizer) \
    X(RegexFullMatch) \
    X(TermCounts) \
    X(TextTokens) \
    X(LoopBegin) \
    X(LoopEnd) \
    X(TextNumbers) \
    X(Random) \
    X(ImageDecoder) \
    X(Inverse)

#define PACK_OPERATOR_ID(name) PACK_OP_##name,
enum pack_operator_id { PACK_OPERATORS(PACK_OPERATOR_ID) PACK_OPERATOR_COUNT };
#undef PACK_OPERATOR_ID

/// The function of an operator; NULL where the runtime was linked without it or no operator has this id.
pack_operator pack_operator_function(uint32_t id);
/// The operator's name; NULL where no operator has this id.
const char *pack_operator_name(uint32_t id);

/// The C library's powf, for Embedded Swift, which can't import it.
float pack_powf(float base, float exponent);

// Likewise functions of f64, named pack_math_ and the C library's name.
#define PACK_MATH_FUNCTIONS(X) \
    X(exp) X(expm1) X(log) X(log1p) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) \
    X(acosh) X(atanh)
#define PACK_MATH_FUNCTION(name) double pack_math_##name(double x);
PACK_MATH_FUNCTIONS(PACK_MATH_FUNCTION)
#undef PACK_MATH_FUNCTION
double pack_math_pow(double base, double exponent);
double pack_math_fmod(double x, double y);

/// IEEE half floats; the second rounds to nearest even.
float pack_half_to_float(uint16_t half);
uint16_t pack_half_from_float(float value);
