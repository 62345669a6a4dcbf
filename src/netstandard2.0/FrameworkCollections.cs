// Members of later frameworks on collections, numbers and characters, so that one source serves both.
#pragma warning disable IDE0130 // where the call sites look for them

using System.Runtime.InteropServices;

namespace System.Collections.Generic;

internal static class FrameworkCollections
{
    public static void Deconstruct<TKey, TValue>(this KeyValuePair<TKey, TValue> pair, out TKey key, out TValue value)
    {
        key = pair.Key;
        value = pair.Value;
    }

    public static bool TryAdd<TKey, TValue>(this Dictionary<TKey, TValue> dictionary, TKey key, TValue value)
        where TKey : notnull
    {
        if (dictionary.ContainsKey(key))
            return false;
        dictionary.Add(key, value);
        return true;
    }

    public static TValue? GetValueOrDefault<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> dictionary, TKey key) =>
        dictionary.TryGetValue(key, out TValue? value) ? value : default;

    public static TValue GetValueOrDefault<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> dictionary, TKey key, TValue fallback) =>
        dictionary.TryGetValue(key, out TValue? value) ? value : fallback;

    public static bool TryDequeue<T>(this Queue<T> queue, [Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T item)
    {
        bool any = queue.Count > 0;
        item = any ? queue.Dequeue() : default;
        return any;
    }

    public static bool TryPop<T>(this Stack<T> stack, [Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T item)
    {
        bool any = stack.Count > 0;
        item = any ? stack.Pop() : default;
        return any;
    }

    public static bool StartsWith(this string text, char first) => text.Length > 0 && text[0] == first;

    extension(Math)
    {
        public static int Clamp(int value, int least, int most) => Math.Min(Math.Max(value, least), most);
    }

    extension(char)
    {
        public static bool IsAsciiLetterOrDigit(char c) => c is (>= '0' and <= '9') or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');

        public static bool IsAsciiDigit(char c) => c is >= '0' and <= '9';
    }

    extension(MemoryMarshal)
    {
        public static void Write<T>(Span<byte> destination, T value)
            where T : struct => MemoryMarshal.Write(destination, ref value);
    }
}
