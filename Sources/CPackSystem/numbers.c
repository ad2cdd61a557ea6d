#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pack_system.h"

#define WORDS 84        // 53 bits times 5^1074 is 2,547 bits
#define DIGITS 792      // in decimal 767, rounded up to groups of nine
#define SIGNIFICANT 17  // enough for any double to read back as itself

/// words = words * factor + carry; the new number of words.
static int multiply(uint32_t *words, int count, uint32_t factor) {
    uint64_t carry = 0;
    for (int i = 0; i < count; i++) {
        carry += (uint64_t)words[i] * factor;
        words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) words[count++] = (uint32_t)carry;
    return count;
}

/// All decimal digits of m * 2^e, the last of them standing for 10^*exponent; their number.
static int exact_digits(uint64_t m, int e, char *digits, int *exponent) {
    uint32_t words[WORDS] = {(uint32_t)m, (uint32_t)(m >> 32)};
    int count = words[1] ? 2 : 1, length = 0;
    for (int i = 0; i < e; i++) count = multiply(words, count, 2);
    for (int i = 0; i < -e; i++) count = multiply(words, count, 5);
    *exponent = e < 0 ? e : 0;
    while (count > 0) {
        uint64_t rest = 0;
        for (int i = count - 1; i >= 0; i--) {
            rest = rest << 32 | words[i];
            words[i] = (uint32_t)(rest / 1000000000u);
            rest %= 1000000000u;
        }
        while (count > 0 && words[count - 1] == 0) count--;
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

int pack_parse_double(const char *digits, size_t size, double *value) {
    char text[512];
    if (size >= sizeof text) return 0;
    memcpy(text, digits, size);
    text[size] = 0;
    char *end;
    *value = strtod(text, &end);
    return end == text + size;
}

double pack_exp(double x) { return exp(x); }

double pack_log(double x) { return log(x); }
