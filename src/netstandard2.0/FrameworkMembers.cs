// Members of later frameworks, so that one source serves both.
#pragma warning disable IDE0130 // where the call sites look for them

using System.Runtime.CompilerServices;
using System.Text;

namespace System;

internal static class FrameworkMembers
{
    extension(ArgumentNullException)
    {
        public static void ThrowIfNull([Diagnostics.CodeAnalysis.NotNull] object? argument, [CallerArgumentExpression(nameof(argument))] string? name = null)
        {
            if (argument is null)
                throw new ArgumentNullException(name);
        }
    }

    extension(RuntimeHelpers)
    {
        /// <summary>Bytes of a value of a type, of an element where it is a reference.</summary>
        public static int SizeOf(RuntimeTypeHandle type) =>
            (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(Type.GetTypeFromHandle(type)).Invoke(null, null)!;
    }

    extension(ReadOnlySpan<byte> bytes)
    {
        public int IndexOfAnyExcept(byte value)
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] != value)
                    return i;
            }

            return -1;
        }
    }

    extension(Encoding encoding)
    {
        public unsafe string GetString(ReadOnlySpan<byte> bytes)
        {
            if (bytes.IsEmpty)
                return string.Empty;
            fixed (byte* start = bytes)
                return encoding.GetString(start, bytes.Length);
        }

        public unsafe int GetBytes(ReadOnlySpan<char> characters, Span<byte> bytes)
        {
            if (characters.IsEmpty)
                return 0;
            fixed (char* source = characters)
            fixed (byte* target = bytes)
                return encoding.GetBytes(source, characters.Length, target, bytes.Length);
        }
    }
}
