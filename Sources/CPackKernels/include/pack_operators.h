#pragma once
// The list of operators: from it come the ids in plan files, the slots that a bundle's link line ties, and the tests.
#include "pack_kernels.h"
#include "pack_plan.h"

struct pack_pool;

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
} pack_step;

/// Preparing checks every shape, type and attribute that running relies on and returns the bytes of scratch memory needed;
/// running returns 0. Both return a negative pack_operator_error otherwise.
typedef int64_t (*pack_operator)(const pack_step *step, int32_t running);

enum pack_operator_error {
    PACK_ERROR_SHAPE = -1,
    PACK_ERROR_TYPE = -2,
    PACK_ERROR_ATTRIBUTE = -3,
    PACK_ERROR_INDEX = -4, // an index in the data is out of range
    PACK_ERROR_KERNEL = -5, // the runtime was linked without the kernel
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
    X(Pad) \
    X(ResizeAxis) \
    X(GridSample) \
    X(AffineGrid) \
    X(RoiAlign) \
    X(ConvTranspose) \
    X(Col2Im) \
    X(Recurrent)

#define PACK_OPERATOR_ID(name) PACK_OP_##name,
enum pack_operator_id { PACK_OPERATORS(PACK_OPERATOR_ID) PACK_OPERATOR_COUNT };
#undef PACK_OPERATOR_ID

/// The function of an operator; NULL where the runtime was linked without it or no operator has this id.
pack_operator pack_operator_function(uint32_t id);
/// The operator's name; NULL where no operator has this id.
const char *pack_operator_name(uint32_t id);

/// The C library's powf, for Embedded Swift, which can't import it.
float pack_powf(float base, float exponent);
