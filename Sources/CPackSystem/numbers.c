#define _GNU_SOURCE
#include <math.h>
#include <string.h>

#include "pack_system.h"

#define WORDS 84         // 53 bits times 5^1074 is 2,547 bits
#define DIGITS 792       // in decimal 767, rounded up to groups of nine
#define READ_DIGITS 511  // that a text may have
#define READ_WORDS 128   // 511 digits are 54 words, the powers of five up to 5^841 that they are divided by 65
#define SIGNIFICANT 17   // enough for any double to read back as itself

/// words = words * factor + carry; the new number of words.
static int multiply(uint32_t *words, int count, uint32_t factor, uint64_t carry) {
    for (int i = 0; i < count; i++) {
        carry += (uint64_t)words[i] * factor;
        words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) words[count++] = (uint32_t)carry;
    return count;
}

/// words = words / divisor; the remainder. Words that become zero at the end are no longer counted.
static uint32_t divide(uint32_t *words, int *count, uint32_t divisor) {
    uint64_t rest = 0;
    for (int i = *count - 1; i >= 0; i--) {
        rest = rest << 32 | words[i];
        words[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    while (*count > 0 && words[*count - 1] == 0) --*count;
    return (uint32_t)rest;
}

/// All decimal digits of m * 2^e, the last of them standing for 10^*exponent; their number.
static int exact_digits(uint64_t m, int e, char *digits, int *exponent) {
    uint32_t words[WORDS] = {(uint32_t)m, (uint32_t)(m >> 32)};
    int count = words[1] ? 2 : 1, length = 0;
    for (int i = 0; i < e; i++) count = multiply(words, count, 2, 0);
    for (int i = 0; i < -e; i++) count = multiply(words, count, 5, 0);
    *exponent = e < 0 ? e : 0;
    while (count > 0) {
        uint32_t rest = divide(words, &count, 1000000000u);
        for (int i = 0; i < 9 && (count > 0 || rest > 0); i++, rest /= 10) digits[length++] = (char)('0' + rest % 10);
    }
    for (int i = 0; i < length / 2; i++) {
        char swapped = digits[i];
        digits[i] = digits[length - 1 - i];
        digits[length - 1 - i] = swapped;
    }
    return length;
}

/// Rounds to at most `limit` digits, ties to even, and drops zeros at the end; the new number of digits.
static int round_digits(char *digits, int length, int limit, int *exponent) {
    if (length > limit) {
        int tail = 0;
        for (int i = limit + 1; i < length; i++) tail |= digits[i] != '0';
        int up = digits[limit] > '5' || (digits[limit] == '5' && (tail || (digits[limit - 1] & 1)));
        *exponent += length - limit;
        length = limit;
        int at = limit - 1;
        for (; up && at >= 0 && digits[at] == '9'; at--) digits[at] = '0';
        if (up && at >= 0) digits[at]++;
        if (up && at < 0) {
            digits[0] = '1';
            *exponent += length;
            length = 1;
        }
    }
    for (; length > 1 && digits[length - 1] == '0'; length--) ++*exponent;
    return length;
}

size_t pack_format_double(double value, char *text, size_t capacity) {
    if (capacity < 32 || !isfinite(value)) return 0;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    char *at = text, digits[DIGITS];
    if (bits >> 63) *at++ = '-';
    int biased = (int)(bits >> 52 & 0x7FF), exponent;
    uint64_t m = bits & 0xFFFFFFFFFFFFFu;
    if (biased) m |= 1ull << 52;
    if (m == 0) {
        *at++ = '0';
        return (size_t)(at - text);
    }
    int e = (biased ? biased : 1) - 1075;
    for (; e < 0 && !(m & 1); e++) m >>= 1;
    int length = exact_digits(m, e, digits, &exponent);
    length = round_digits(digits, length, SIGNIFICANT, &exponent);
    *at++ = digits[0];
    if (length > 1) *at++ = '.';
    memcpy(at, digits + 1, (size_t)length - 1);
    at += length - 1;
    int scientific = exponent + length - 1;
    if (scientific == 0) return (size_t)(at - text);
    *at++ = 'e';
    if (scientific < 0) {
        *at++ = '-';
        scientific = -scientific;
    }
    if (scientific >= 100) *at++ = (char)('0' + scientific / 100);
    if (scientific >= 10) *at++ = (char)('0' + scientific / 10 % 10);
    *at++ = (char)('0' + scientific % 10);
    return (size_t)(at - text);
}

/// A decimal number: words * 10^exponent, and how many digits the words were made of.
typedef struct {
    uint32_t words[READ_WORDS];
    int count, digits, exponent, is_negative;
} decimal;

static int is_digit(const char *at, const char *end) { return at < end && *at >= '0' && *at <= '9'; }

/// Reads the text of a number; 1 if all of it is one.
static int read_decimal(const char *at, const char *end, decimal *number) {
    number->is_negative = at < end && *at == '-';
    at += number->is_negative;
    const char *start = at, *point = NULL;
    for (; is_digit(at, end) || (at < end && *at == '.' && !point); at++) {
        if (*at == '.') {
            point = at;
            continue;
        }
        number->count = multiply(number->words, number->count, 10, (uint64_t)(*at - '0'));
        if (number->count) number->digits++;
    }
    if (at - start == (point != NULL)) return 0;
    if (point) number->exponent = -(int)(at - point - 1);
    if (at == end) return 1;
    if (*at != 'e' && *at != 'E') return 0;
    at++;
    int is_small = at < end && *at == '-', exponent = 0;
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (!is_digit(at, end)) return 0;
    for (; is_digit(at, end); at++) exponent = exponent < 100000 ? exponent * 10 + (*at - '0') : exponent;
    number->exponent += is_small ? -exponent : exponent;
    return at == end;
}

/// The double nearest to words * 2^exponent, ties to even; `inexact` says that the words are a little less than the value.
static double nearest(const uint32_t *words, int count, int exponent, int inexact) {
    uint64_t top = 0;
    int shift = __builtin_clz(words[count - 1]);
    for (int i = 1; i <= 3; i++) {
        uint64_t word = i <= count ? words[count - i] : 0;
        int place = 96 - 32 * i + shift;  // of the word's lowest bit in `top`, less 32
        top |= place >= 32 ? word << (place - 32) : word >> (32 - place);
        if (place < 32 && (uint32_t)(word << place)) inexact = 1;
    }
    for (int i = 0; i < count - 3; i++) inexact |= words[i] != 0;
    int highest = exponent + 32 * count - shift - 1;
    int kept = highest >= -1022 ? 53 : highest + 1075;
    if (kept < 0) return 0;
    uint64_t half = 1ull << (63 - kept), rest = top & (half | (half - 1)), value = kept ? top >> (64 - kept) : 0;
    value += rest > half || (rest == half && (inexact || (value & 1)));
    return ldexp((double)value, highest - kept + 1);
}

/// Powers of five by which one division or multiplication goes: 5^13 is the largest in 32 bits.
static uint32_t power_of_five(int exponent) {
    uint32_t power = 1;
    for (int i = 0; i < exponent && i < 13; i++) power *= 5;
    return power;
}

int pack_parse_double(const char *digits, size_t size, double *value) {
    decimal number = {0};
    if (size > READ_DIGITS || !read_decimal(digits, digits + size, &number)) return 0;
    int magnitude = number.digits + number.exponent;  // the value is below 10^magnitude, and a tenth of that at least
    if (number.count == 0 || magnitude < -330) {
        *value = 0;
    } else if (magnitude > 310) {
        *value = INFINITY;
    } else {
        int inexact = 0, words = 0;
        for (int e = number.exponent; e > 0; e -= 13)
            number.count = multiply(number.words, number.count, power_of_five(e), 0);
        if (number.exponent < 0) {
            // So many words that a quotient has 64 bits at least: log2(5) / 32 is less than 0.073.
            words = 3 - number.exponent * 73 / 1000;
            memmove(number.words + words, number.words, sizeof(uint32_t) * (size_t)number.count);
            memset(number.words, 0, sizeof(uint32_t) * (size_t)words);
            number.count += words;
        }
        for (int e = -number.exponent; e > 0; e -= 13)
            inexact |= divide(number.words, &number.count, power_of_five(e)) != 0;
        *value = nearest(number.words, number.count, number.exponent - 32 * words, inexact);
    }
    if (number.is_negative) *value = -*value;
    return 1;
}

double pack_exp(double x) { return exp(x); }

double pack_log(double x) { return log(x); }
