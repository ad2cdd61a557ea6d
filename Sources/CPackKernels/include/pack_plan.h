#pragma once
// Records of the plan file, as they lie in it: little-endian, naturally aligned. PackCore's `PlanView` is the specification.
#include <stddef.h>
#include <stdint.h>

#define PACK_PLAN_VERSION 2u
#define PACK_PLAN_ABSENT 0xFFFFFFFFu
#define PACK_PLAN_MAXIMUM_RANK 8
#define PACK_PLAN_ALIGNMENT 64

typedef struct {
    uint64_t offset; // from the start of the file
    uint64_t count;  // records, or bytes where the section holds bytes
} pack_plan_section;

enum pack_plan_section_index {
    PACK_PLAN_STRINGS = 0,     // bytes
    PACK_PLAN_SYMBOLS = 1,     // pack_plan_symbol
    PACK_PLAN_EXPRESSIONS = 2, // pack_plan_expression
    PACK_PLAN_DIMENSIONS = 3,  // uint32_t, indices of expressions
    PACK_PLAN_VALUES = 4,      // pack_plan_value
    PACK_PLAN_STEPS = 5,       // pack_plan_step
    PACK_PLAN_ARGUMENTS = 6,   // uint32_t, indices of values or PACK_PLAN_ABSENT
    PACK_PLAN_ATTRIBUTES = 7,  // int64_t
    PACK_PLAN_INPUTS = 8,      // uint32_t, indices of values
    PACK_PLAN_OUTPUTS = 9,     // uint32_t, indices of values
    PACK_PLAN_LABELS = 10,     // pack_plan_string: names of classes, then text_count texts
    PACK_PLAN_TOKENIZER = 11,  // bytes, a tokenizer table
    PACK_PLAN_DATA = 12,       // bytes: constants, each 64-byte aligned
    PACK_PLAN_SECTION_COUNT = 13,
};

typedef struct {
    uint8_t magic[8]; // "PACKPLAN"
    uint32_t version;
    uint32_t header_bytes; // sizeof(pack_plan_header)
    uint64_t file_bytes;
    uint64_t metadata_bytes; // the file up to here is covered by the checksum
    uint64_t checksum;       // of bytes 40 ..< metadata_bytes
    uint32_t task;
    uint32_t maximum_tokens; // 0 where the model takes no text
    uint32_t text_count; // of the labels section's last records: texts of tensors, the one with code 0 first
    uint32_t flags; // pack_plan_flags
    pack_plan_section sections[PACK_PLAN_SECTION_COUNT];
} pack_plan_header;

enum pack_plan_flags {
    // All inputs are [batch, sequence], and texts can be computed without padding: every tensor [batch, sequence, ..] then is
    // [1, tokens, ..], and operators that look beyond a token are told where texts end.
    PACK_PLAN_PACKS_TEXTS = 1,
};

typedef struct {
    uint32_t offset, length; // a range of the strings section
} pack_plan_string;

typedef struct {
    pack_plan_string name;
    int64_t maximum; // largest value that the model takes
} pack_plan_symbol;

enum pack_plan_expression_kind {
    PACK_PLAN_CONSTANT = 0, // b, which may be negative in a part of an expression, but not the least number
    PACK_PLAN_SYMBOL = 1,   // symbol a
    PACK_PLAN_SUM = 2,      // expression a, expression b; both stand earlier
    PACK_PLAN_PRODUCT = 3,
    PACK_PLAN_QUOTIENT = 4, // rounded towards zero
    PACK_PLAN_LARGER = 5,
    PACK_PLAN_SMALLER = 6,
};

typedef struct {
    uint32_t kind, a;
    int64_t b;
} pack_plan_expression;

enum pack_plan_value_kind {
    PACK_PLAN_ACTIVATION = 0, // made by one step, lives in the arena
    PACK_PLAN_INPUT = 1,      // filled by the caller, lives in the arena
    PACK_PLAN_WEIGHT = 2,     // data_offset ..< data_offset + data_bytes of the data section
    PACK_PLAN_ALIAS = 3,      // the same bytes as value data_offset, which is no alias, in another shape
};

enum pack_plan_value_flags {
    // The step that makes this activation finds its extents when it runs. Dimensions that are a symbol which no input and no
    // earlier step defines get it defined by that; all others must come out as their expressions say.
    PACK_PLAN_MEASURED = 1,
    // This activation is the same for every request: the step that makes it, whose outputs are all so, may run once.
    PACK_PLAN_FIXED = 2,
};

typedef struct {
    uint8_t dtype; // PackCore's DType
    uint8_t rank;
    uint8_t kind;
    uint8_t flags; // pack_plan_value_flags
    uint32_t first_dimension;
    pack_plan_string name;
    uint64_t data_offset;
    uint64_t data_bytes;
} pack_plan_value;

typedef struct {
    uint16_t op; // index in the operator list
    uint16_t input_count, output_count, attribute_count;
    uint32_t first_argument; // the inputs, then the outputs
    uint32_t first_attribute;
    pack_plan_string name;
} pack_plan_step;
